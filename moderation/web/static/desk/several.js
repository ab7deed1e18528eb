/* Finds among many checkboxes by what is typed; what is checked stays in sight. */
const shown = (box, typed) => {
  const wanted = typed.trim().toLocaleLowerCase();
  let found = 0;
  for (const choice of box.querySelectorAll(".choice")) {
    const fits = choice.textContent.toLocaleLowerCase().includes(wanted);
    choice.hidden = !fits && !choice.querySelector("input").checked;
    if (fits) found += 1;
  }
  box.querySelector("[role=status]").textContent = wanted ? `${found} found` : "";
};

document.addEventListener("input", (event) => {
  const box = event.target.matches(".several [type=search]") && event.target.closest(".several");
  if (box) shown(box, event.target.value);
});

document.addEventListener("keydown", (event) => {
  // In here it finds; it sends the form from everywhere else.
  if (event.key === "Enter" && event.target.matches(".several [type=search]")) event.preventDefault();
});
