// The page that a bookmarklet hands over fills the form. It is sent by the person alone.
"use strict";
(() => {
  const form = document.getElementById("handover");
  const told = document.getElementById("handed-over");
  const url = document.getElementById("handover-url");
  const html = document.getElementById("handover-html");

  function show(words, bad) {
    told.textContent = words;
    told.classList.toggle("bad", bad);
    told.hidden = false;
  }

  function originOf(address) {
    try {
      return new URL(address).origin;
    } catch {
      return null;
    }
  }

  function take(event) {
    const page = event.data;
    if (event.source !== window.opener || !page || typeof page.url !== "string" || typeof page.html !== "string") return;
    if (originOf(page.url) !== event.origin) {
      show(say("other_site"), true);
      return;
    }
    const size = new Blob([page.html]).size;
    if (size > Number(form.dataset.most) - 4096) {
      show(say("too_large", { size, most: form.dataset.most }), true);
      return;
    }
    removeEventListener("message", take);
    url.value = page.url;
    html.value = page.html;
    show(say("filled", { host: new URL(page.url).host, count: page.html.length }), false);
    form.querySelector("button").focus();
  }

  // Only the page that opened this one is asked, and only while nothing is filled in.
  if (!window.opener || url.value || html.value) return;
  addEventListener("message", take);
  window.opener.postMessage("factcheck: ready", "*");
})();
