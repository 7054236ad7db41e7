"""The field of questions: what is typed in it is looked for in the browser, what is pasted in it is
sent to the server."""
