// Which texts the server reads: errors, shapes and code. All else is looked for in the browser.

// The event of a field whose text the server is to read, and of one whose text has gone there.
export const READ = "rnn-read"
export const SENT = "rnn-sent"

// Code or a shape: "(32, 10, 8)" or "LSTM(64)", which ends with its bracket. "LSTM(64) cells" is a question.
export function isCode(text) {
  const line = text.trim()
  return /^\S{0,20}\s*[([]\s*(?:\d|None)|^[\w.=\s]*\w\(/.test(line) && /[)\],:]$/.test(line)
}

// Of what is pasted also several lines, and all that looks like an error.
export const isRead = (pasted) => isCode(pasted) || /\n|\w(?:Error|Warning): /.test(pasted.trim())

// What a line is read as, "error" or "code"; "" if it is not read.
//   known: patterns of the errors that can be explained
export function readAs(line, known) {
  if (known.some((pattern) => pattern.test(line))) return "error"
  return isCode(line) ? "code" : ""
}
