// Searches a desk with Google's own Node client, and prints what it saw. `make clients` runs it.
const { factchecktools } = require("@googleapis/factchecktools");

async function main(rootUrl) {
  const { claims } = factchecktools({ version: "v1alpha1", rootUrl, auth: "a key of another house" });

  async function paged(query) {
    const pages = [];
    let pageToken;
    do {
      const { data } = await claims.search({ query, pageSize: 8, pageToken });
      pages.push(data.claims.map((claim) => claim.text));
      pageToken = data.nextPageToken;
    } while (pageToken);
    return pages;
  }

  const count = async (parameters) => (await claims.search({ pageSize: 100, ...parameters })).data.claims.length;
  const pages = await paged("million people");
  const long = await paged("million ".repeat(300) + "people ".repeat(300));
  const refused = await claims.search({ query: "million", pageSize: -1 }).catch((error) => error);
  return {
    pages: pages.map((page) => page.length),
    long: long.map((page) => page.length),
    texts: pages.flat(),
    english: await count({ query: "million", languageCode: "en-US" }),
    elsewhere: (await claims.search({ query: "million", reviewPublisherSiteFilter: "nytimes.com" })).data,
    here: await count({ reviewPublisherSiteFilter: "desk.example.org" }),
    young: await count({ query: "million", maxAgeDays: 1 }),
    status: refused.status,
    message: refused.message,
  };
}

main(process.argv[2]).then((seen) => console.log(JSON.stringify(seen)));
