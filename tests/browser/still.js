// Installed before the page's own scripts; keeps the times that tell a page at rest from a busy one.
(() => {
  const now = () => performance.now();
  const times = { drawn: now() };
  for (const never of ['described', 'received', 'key', 'input', 'sent', 'started', 'finished']) times[never] = -Infinity;
  const draw = () => { times.drawn = now(); };

  // The header's running icon comes and goes by itself; its menu of pages is drawn as the page is.
  const header = '[data-testid="stHeader"], [data-testid="stStatusWidget"]';
  // What a canvas holds is for screen readers: a grid brings it up to date a while after it was drawn.
  const unseen = ({ target, type }, at) =>
    (type === 'attributes' ? target.parentElement : at)?.closest('canvas');
  const observer = new MutationObserver((records) => records.forEach((record) => {
    const at = record.target.closest ? record.target : record.target.parentElement;
    if (at?.closest(header) && !at.closest('[data-testid="stTopNav"]')) return;
    if (unseen(record, at)) times.described = now();
    else draw();
  }));
  const observe = (root) => observer.observe(
    root, { subtree: true, childList: true, attributes: true, characterData: true });
  observe(document);

  // Mutations in a shadow root (custom components) do not reach the document's observer.
  const attachShadow = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (...args) {
    const root = attachShadow.apply(this, args);
    observe(root);
    return root;
  };

  // Drawing on a canvas changes no DOM. Canvases outside the document only measure text.
  const patch = (prototype, names) => names.forEach((name) => {
    const original = prototype[name];
    prototype[name] = function (...args) {
      if (this.canvas.isConnected) draw();
      return original.apply(this, args);
    };
  });
  patch(CanvasRenderingContext2D.prototype,
    ['clearRect', 'fillRect', 'strokeRect', 'fill', 'stroke', 'fillText', 'drawImage', 'putImageData']);
  for (const context of [window.WebGLRenderingContext, window.WebGL2RenderingContext]) {
    if (context) patch(context.prototype, ['clear', 'drawArrays', 'drawElements']);
  }

  // A widget sends its value a moment after the key, so a quiet page may still have a run to come.
  for (const type of ['keydown', 'pointerup', 'input', 'change', 'wheel']) {
    addEventListener(type, (event) => { times.input = event.timeStamp; }, { capture: true });
  }
  addEventListener('keydown', (event) => { times.key = event.timeStamp; }, { capture: true });

  // A message from before an input can arrive after it, so what counts is the run that was asked for.
  const RERUN = 11, NEW_SESSION = 4, SCRIPT_FINISHED = 6; // fields of Streamlit's BackMsg, ForwardMsg
  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', ({ data }) => {
        times.received = now();
        const found = fields(new Uint8Array(data));
        if (found.has(NEW_SESSION)) times.started = now();
        if (found.has(SCRIPT_FINISHED)) times.finished = now();
      });
    }
    send(data) {
      if (fields(data).has(RERUN)) times.sent = now();
      super.send(data);
    }
  };

  // The numbers of the fields at the top of a protobuf message, which are varints or have a length.
  const fields = (bytes) => {
    const found = new Set();
    let at = 0;
    const varint = () => {
      let value = 0;
      for (let factor = 1; ; factor *= 128) {
        const byte = bytes[at++];
        value += (byte & 127) * factor;
        if (byte < 128) return value;
      }
    };
    while (at < bytes.length) {
      const tag = varint();
      found.add(tag >> 3);
      const value = varint();
      if ((tag & 7) === 2) at += value;
    }
    return found;
  };

  // A part of the page that is gone by the time it is asked for is never run.
  const PATIENCE = 10000;

  const idle = (quiet) => {
    const app = document.querySelector('[data-testid="stApp"]');
    return app?.dataset.testScriptState === 'notRunning'
      && (times.started > times.sent || now() - times.sent >= PATIENCE) && times.finished >= times.started
      && now() - Math.max(times.drawn, times.described, times.received) >= quiet;
  };

  window.rnnLensStill = {
    // At rest, with no answer to an earlier input to come (`grace`: how long a widget may hold it).
    settled: (quiet, grace) => idle(quiet) && now() - times.input >= grace,
    // Milliseconds from the last key to the last change to be seen that it caused, or null while
    // that goes on.
    step: (quiet) => (times.sent >= times.key && idle(quiet) ? times.drawn - times.key : null),
  };
})();
