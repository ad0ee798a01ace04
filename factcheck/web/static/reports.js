// Claims that were found are put into the text of a report at the cursor, each on a line of its own.
"use strict";
(() => {
  const show = () => document.querySelectorAll("[data-insert]").forEach((each) => { each.hidden = false; });
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-insert]");
    const area = document.getElementById("report-text");
    if (!button || !area) return;
    const at = area.selectionEnd;
    const before = at && area.value[at - 1] !== "\n" ? "\n" : "";
    area.setRangeText(`${before}${button.dataset.insert}\n`, at, at, "end");
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("htmx:afterSettle", show);
})();
