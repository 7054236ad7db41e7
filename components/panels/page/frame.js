// The buttons that every page has, in the language of the page.

export default function ({ data, parentElement, setTriggerValue }) {
  document.documentElement.lang = data.language // Streamlit's page says that it is English
  const box = parentElement.querySelector(".rnn-buttons")
  if (box.language === data.language) return
  box.language = data.language
  box.innerHTML = data.html
  for (const button of box.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => setTriggerValue("language", button.dataset.language))
  }
}
