// The page's half of carrel_idle_notice.py: a prebuilt extension of JupyterLab, small enough to be written as the
// container that JupyterLab loads (https://jupyterlab.readthedocs.io/en/stable/extension/extension_dev.html).

(() => {
  const event = 'https://carrel.invalid/idle-notice';
  const stay = 'carrel:stay';

  const texts = {
    en: {
      stops: (time) => `Nobody has used this server for a while. It will be stopped at ${time}; your files are kept.`,
      stay: 'Keep it running',
      stayed: 'The server keeps running.',
      failed: 'The server could not be told. Run a cell or save a file to keep it running.',
    },
    de: {
      stops: (time) => `Dieser Server wurde eine Weile nicht benutzt. Um ${time} wird er gestoppt; Ihre Dateien bleiben erhalten.`,
      stay: 'Weiterlaufen lassen',
      stayed: 'Der Server läuft weiter.',
      failed: 'Das hat nicht geklappt. Führen Sie eine Zelle aus oder speichern Sie eine Datei, damit er weiterläuft.',
    },
  };
  const text = navigator.language.toLowerCase().startsWith('de') ? texts.de : texts.en;

  function activate(app) {
    const { baseUrl } = app.serviceManager.serverSettings;
    const ask = (method) => {
      const [, forgery = ''] = /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie) ?? [];
      return fetch(`${baseUrl}carrel/notice`, { method, cache: 'no-store', credentials: 'same-origin', headers: { 'X-XSRFToken': forgery } });
    };
    let shown = null; // the notification on the page, and what it says
    let stopsAt = null;

    async function withdraw() {
      if (shown !== null) await app.commands.execute('apputils:dismiss-notification', { id: shown });
      shown = null;
    }

    async function show(newStopsAt) {
      if (newStopsAt === stopsAt) return;
      stopsAt = newStopsAt;
      await withdraw();
      if (stopsAt === null) return;
      const time = new Date(stopsAt).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
      shown = await app.commands.execute('apputils:notify', {
        message: text.stops(time),
        type: 'warning',
        options: { autoClose: false, actions: [{ label: text.stay, commandId: stay, args: {}, displayType: 'accent' }] },
      });
    }

    app.commands.addCommand(stay, {
      label: text.stay,
      execute: async () => {
        const done = await ask('POST').then((answer) => answer.ok, () => false);
        await show(null);
        await app.commands.execute('apputils:notify', {
          message: done ? text.stayed : text.failed, type: done ? 'success' : 'error', options: { autoClose: done ? 5000 : false },
        });
      },
    });

    app.serviceManager.events.stream.connect((_, emission) => {
      if (emission.schema_id === event) void show(emission.stops_at);
    });
    // What was said before this page was open, and while it was not connected.
    const look = () => ask('GET').then((answer) => answer.json()).then((notice) => show(notice.stops_at)).catch(() => {});
    void app.restored.then(look);
    document.addEventListener('visibilitychange', () => { if (!document.hidden) void look(); });
  }

  const plugin = { id: 'carrel-idle-notice:plugin', description: 'Tells that the server will be stopped.', autoStart: true, activate };
  window._JUPYTERLAB = window._JUPYTERLAB ?? {};
  window._JUPYTERLAB['carrel-idle-notice'] = { init() {}, get: async () => () => ({ __esModule: true, default: plugin }) };
})();
