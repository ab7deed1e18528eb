/* A certified OpenID provider on a port of its own: node serve.mjs PEOPLE CALLBACK AFTERWARDS. PEOPLE is a JSON file, read
   anew at every sign-in: {login: {claim: value}}. Prints its issuer; ends with its standard input. Its own pages ask for a
   login, and for consent. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [people, callback, afterwards] = process.argv.slice(2);
const server = createServer();

process.stdin.resume();
process.stdin.on("end", () => process.exit());
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: "the desk", client_secret: "a secret + 100% of the tests", redirect_uris: [callback],
      post_logout_redirect_uris: [afterwards], grant_types: ["authorization_code"], response_types: ["code"],
    }],
    claims: { openid: ["sub"], profile: ["name", "preferred_username"], email: ["email", "email_verified"], groups: ["groups"] },
    cookies: { keys: ["a key of the tests"] },
    pkce: { required: () => true },
    findAccount: (_context, id) => {
      const known = JSON.parse(readFileSync(people, "utf8"))[id];
      return known && { accountId: id, claims: () => ({ sub: id, ...known }) };
    },
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
