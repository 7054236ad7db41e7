// A button that has the page ask first, or no longer. The link says so, and is opened anew.

document.addEventListener("click", ({ target }) => {
  if (!target.closest?.("[data-asks] button")) return
  const link = new URL(location.href)
  if (link.searchParams.has("ask")) link.searchParams.delete("ask")
  else link.searchParams.set("ask", "true")
  location.assign(link)
})
