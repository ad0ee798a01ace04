// Names of people are completed while a comment is written: “@” and the beginning of a name, then arrows and Enter.
"use strict";
(() => {
  const BEGINS = /(?:^|[^\p{L}\p{N}_@])@([\p{L}\p{N}][^\n@]{0,100})$/u;
  let field = null; // whose list is open
  let list = null;
  let asked = 0;

  function begun(area) {
    const found = BEGINS.exec(area.value.slice(0, area.selectionStart));
    return found && area.selectionStart === area.selectionEnd ? found[1] : "";
  }

  function close() {
    asked += 1; // an answer that is still to come is of no use any more
    if (list) list.remove();
    if (field) ["aria-controls", "aria-activedescendant"].forEach((name) => field.removeAttribute(name));
    field = list = null;
  }

  function choose(option) {
    list.querySelectorAll("[role=option]").forEach((each) => each.setAttribute("aria-selected", each === option));
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function take(option) {
    const area = field;
    const end = area.selectionStart;
    area.setRangeText(`${option.dataset.name} `, end - begun(area).length, end, "end");
    close();
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  async function offer(area) {
    const name = begun(area);
    if (!name) return close();
    const mine = (asked += 1);
    const answer = await fetch(`/people/names?name=${encodeURIComponent(name)}`).catch(() => null);
    if (mine !== asked || !answer || !answer.ok) return;
    const options = (await answer.text()).trim();
    if (mine !== asked) return;
    close();
    const found = document.createElement("ul");
    Object.assign(found, { id: "mentionable", className: "mentionable", innerHTML: options });
    const names = [...found.children].map((each) => each.dataset.name.toLowerCase());
    if (!names.length || (names.length === 1 && names[0] === name.trim().toLowerCase())) return; // it is whole
    field = area;
    list = found;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", say("people"));
    area.after(list);
    area.setAttribute("aria-controls", list.id);
    choose(list.firstElementChild);
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-mentions]")) offer(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (!list || event.target !== field || event.isComposing) return;
    const chosen = list.querySelector("[aria-selected=true]");
    const next = { ArrowDown: chosen.nextElementSibling, ArrowUp: chosen.previousElementSibling }[event.key];
    if (event.key === "Enter" || event.key === "Tab") take(chosen);
    else if (event.key === "Escape") close();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") choose(next || chosen);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener("mousedown", (event) => {
    const option = list && event.target.closest && event.target.closest("#mentionable > [role=option]");
    if (option) event.preventDefault(); // the field keeps the focus
    if (option) take(option);
  });
  document.addEventListener("focusout", (event) => {
    if (event.target === field) close();
  });
})();
