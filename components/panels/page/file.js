// A button that reads a file in the browser and hands its content over by the socket, in base64:
// the server takes nothing else.

export default function ({ parentElement, data, setTriggerValue }) {
  const input = parentElement.querySelector("input")
  const said = parentElement.querySelector("[role=status]")
  parentElement.querySelector("span").textContent = data.label
  input.accept = data.accept
  input.onchange = () => {
    const [file] = input.files
    if (!file) return
    said.textContent = file.size > data.most ? data.large : ""
    if (file.size <= data.most) {
      const reader = new FileReader()
      reader.onload = () => setTriggerValue("file", reader.result.split(",").at(-1))
      reader.onerror = () => (said.textContent = data.unread)
      reader.readAsDataURL(file)
    }
    input.value = "" // so that the same file can be chosen again
  }
}
