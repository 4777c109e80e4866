export const css = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6676; --paper: #fff; --ground: #eef1f5; --line: #d4dae3;
  --strong: #14507a; --on-strong: #fff; --good: #1b6e3c; --bad: #a32626; --warn: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf2; --soft: #a5b0c0; --paper: #1b212b; --ground: #10141a;
  --line: #36404f; --strong: #8ec5ef; --on-strong: #0d1a26; --good: #7fd6a0; --bad: #f19a9a; --warn: #efc36b; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 27rem; margin: 0 auto; padding: 1.25rem; flex: 1; background: var(--paper); }
.wide main { max-width: 76rem; }
footer { padding: .75rem; text-align: center; color: var(--soft); font-size: .8rem; }
h1 { font-size: 1.45rem; line-height: 1.25; margin: .25rem 0 .75rem; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
h1:focus { outline: none; }
p { margin: .5rem 0; }
a { color: var(--strong); }
.soft { color: var(--soft); }
.steps { display: flex; gap: .35rem; list-style: none; padding: 0; margin: 0 0 1rem; }
.steps li { flex: 1; height: .35rem; border-radius: 1rem; background: var(--line); }
.steps li.done { background: var(--strong); }
.frame { margin: 1rem 0; border: 2px dashed var(--line); border-radius: .8rem; overflow: hidden; aspect-ratio: 480 / 304;
  display: grid; place-items: center; color: var(--soft); text-align: center; }
.frame img { width: 100%; height: 100%; object-fit: cover; display: block; }
.frame.taken { border: 2px solid var(--line); }
form { margin: 0; }
.actions { display: grid; gap: .6rem; margin-top: 1rem; }
.row { display: flex; flex-wrap: wrap; gap: .4rem; }
button, .button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .55rem 1rem; border-radius: .6rem; border: 1.5px solid var(--strong);
  background: transparent; color: var(--strong); cursor: pointer; text-align: center; text-decoration: none; }
button.main, .button.main { background: var(--strong); color: var(--on-strong); }
button.quiet { border-color: transparent; color: var(--soft); font-weight: 400; text-decoration: underline; }
button.good { border-color: var(--good); color: var(--good); }
button.bad { border-color: var(--bad); color: var(--bad); }
button.warn { border-color: var(--warn); color: var(--warn); }
:focus-visible { outline: 3px solid var(--strong); outline-offset: 2px; }
.label { display: inline-block; border-radius: 1rem; padding: .05rem .6rem; font-size: .85rem; border: 1px solid currentColor; white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .6rem; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; }
code { font-size: .85em; overflow-wrap: anywhere; }
label { display: block; font-weight: 600; margin: .75rem 0 .25rem; }
input, select { font: inherit; width: 100%; min-height: 2.75rem; padding: .45rem .7rem; border-radius: .6rem; border: 1.5px solid var(--line);
  background: var(--paper); color: var(--ink); }
.big { font-size: 3rem; line-height: 1; }
.frame.face { aspect-ratio: 1; border-radius: 50%; max-width: 18rem; margin-inline: auto; padding: 2rem; }
.thumbs { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .5rem; margin: 1rem 0; }
.thumbs figure { margin: 0; } .thumbs figcaption { color: var(--soft); font-size: .85rem; }
.thumbs img { width: 100%; border-radius: .4rem; display: block; }
details { margin-top: 2rem; } summary { cursor: pointer; font-weight: 600; padding: .4rem 0; }
`;

/** Screen readers hear the new screen's heading; live pages renew themselves while nobody works in them. */
export const script = `
const heading = document.querySelector('h1');
if (heading && document.body.classList.contains('phone')) { heading.tabIndex = -1; heading.focus(); }
if ('live' in document.body.dataset) {
  setInterval(async () => {
    if (document.hidden || document.querySelector('main :focus')) return;
    const answer = await fetch(location.href).catch(() => undefined);
    if (!answer || !answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('main');
    const main = document.getElementById('main');
    if (fresh && main && fresh.innerHTML !== main.innerHTML && !document.querySelector('main :focus')) main.replaceWith(fresh);
  }, 1500);
}
`;
