// A certified identity provider, for one test: node identity_provider.mjs REDIRECT_URI. Prints its issuer.
// Its packages are in the folder that NODE_MODULES names: modules of this kind look for none elsewhere.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const found = createRequire(`${process.env.NODE_MODULES}/`).resolve("oidc-provider");
const { default: Provider } = await import(pathToFileURL(found));
const back = process.argv[2];
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const groups = { ama: ["checkers"], kofi: ["desk-admins"] };
  const provider = new Provider(issuer, {
    clients: [{
      client_id: "the desk",
      client_secret: "a secret: 50% & more",
      redirect_uris: [back],
      post_logout_redirect_uris: [new URL("/login", back).href],
      response_types: ["code"],
      grant_types: ["authorization_code"],
    }],
    claims: { openid: ["sub"], profile: ["name"], groups: ["groups"] },
    scopes: ["openid", "profile", "groups"],
    pkce: { required: () => true },
    cookies: { keys: ["a key for tests that nobody else uses"] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: id === "ama" ? "Ama Mensah" : "Kofi Annan", groups: groups[id] ?? [] }),
    }),
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
