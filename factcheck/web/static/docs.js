// Groups of operations are closed at first: with more than 120 operations shown at once, the page stops at some of them.
window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "none",
  validatorUrl: null,
});
