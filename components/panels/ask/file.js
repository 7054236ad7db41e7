// A button that reads a small file in the browser and sends its content by the socket, in base64: it
// needs no upload.

export default function ({ parentElement, data, setTriggerValue }) {
  const input = parentElement.querySelector("input")
  const status = parentElement.querySelector("[role=status]")
  parentElement.querySelector("span").textContent = data.label
  input.accept = data.accept
  input.onchange = () => {
    const [file] = input.files
    if (!file) return
    status.textContent = file.size > data.most ? data.large : ""
    if (file.size <= data.most) {
      const reader = new FileReader()
      reader.onload = () => setTriggerValue("file", reader.result.split(",").at(-1))
      reader.onerror = () => (status.textContent = data.unread)
      reader.readAsDataURL(file)
    }
    input.value = "" // so that the same file can be chosen again
  }
}
