// Makes pages quicker that work without it. No page needs it to be read.
"use strict";

// Live progress: server-sent events, each a JSON object of what changed.
for (const place of document.querySelectorAll("[data-events]")) {
  const source = new EventSource(place.dataset.events);
  const set = (selector, change) => document.querySelectorAll(selector).forEach(change);
  source.addEventListener("progress", (event) => {
    const now = JSON.parse(event.data);
    for (const item of now.items) {
      const name = CSS.escape(item.id);
      set(`[data-progress="${name}"]`, (bar) => { bar.max = item.total; bar.value = item.done; });
      set(`[data-done="${name}"]`, (text) => { text.textContent = item.done.toLocaleString("en"); });
      for (const [state, count] of Object.entries(item.states || {})) {
        set(`[data-count="${CSS.escape(state)}"]`, (text) => { text.textContent = count.toLocaleString("en"); });
      }
    }
    if (now.over) {
      source.close();
      location.reload();
    }
  });
  addEventListener("pagehide", () => source.close());
}

// A file can be dropped, and goes off at once.
for (const drop of document.querySelectorAll("[data-drop]")) {
  const input = drop.querySelector("input[type=file]");
  const over = (on) => (event) => { event.preventDefault(); drop.classList.toggle("over", on); };
  drop.addEventListener("dragover", over(true));
  drop.addEventListener("dragleave", over(false));
  drop.addEventListener("drop", (event) => {
    over(false)(event);
    if (event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      drop.closest("form").requestSubmit();
    }
  });
  input.addEventListener("change", () => { if (input.files.length) drop.closest("form").requestSubmit(); });
}

// One box for all boxes of a page.
for (const all of document.querySelectorAll("[data-all]")) {
  const boxes = () => document.querySelectorAll(`input[name="${CSS.escape(all.dataset.all)}"]`);
  all.hidden = false;
  all.addEventListener("change", () => boxes().forEach((box) => { box.checked = all.checked; }));
}

// Copying a text.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const said = button.textContent;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = said; }, 1500);
  });
}

// A form may only be sent once.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => {
    setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }));
  });
}

// The address bar of the query page completes properties.
for (const bar of document.querySelectorAll("[data-properties]")) {
  const properties = JSON.parse(bar.dataset.properties);
  const list = document.getElementById("addresses");
  const sets = [...list.children].map((option) => option.value);
  bar.addEventListener("input", () => {
    const [, before, word] = /^(.*?)([A-Za-z]*)$/s.exec(bar.value);
    const set = /deviceManagement\/(\w+)/.exec(before);
    const inOption = set && /[?&]\$(filter|select|orderby)=[^&]*$/.test(before);
    const starts = inOption ? (properties[set[1]] || []).filter((name) => name.startsWith(word)) : [];
    const choices = inOption ? starts.map((name) => before + name) : sets;
    list.replaceChildren(...choices.map((value) => Object.assign(document.createElement("option"), { value })));
  });
}
