import { openSandbox } from './server/sandbox.ts';
import { simulate } from './simulate.ts';
import { bundlePath } from '../../src/worker/bundle-path.ts';
const sandbox = openSandbox(process.env['BUNDLE'] ?? bundlePath);
const from = Number(process.argv[2] ?? 0),
  n = Number(process.argv[3] ?? 100);
const trace = process.argv[4] === 'trace';
let wrong = 0;
const t = Date.now();
const kinds = new Map<string, number[]>();
for (let seed = from; seed < from + n; seed++) {
  try {
    const life = simulate(sandbox, seed, trace ? { trace: (l) => console.log(l) } : {});
    if (life.wrong.length) {
      wrong++;
      if (n < 5) console.log(life.wrong);
      const k = (life.wrong[0] ?? '')
        .replace(/^\S+ /, '')
        .replace(/[0-9a-f-]{8,}|\d+/g, 'N')
        .slice(0, 150);
      kinds.set(k, [...(kinds.get(k) ?? []), seed]);
    }
  } catch (e) {
    wrong++;
    const k = String(e).slice(0, 200);
    kinds.set(k, [...(kinds.get(k) ?? []), seed]);
  }
}
console.log(n, 'lives', wrong, 'wrong', ((Date.now() - t) / n).toFixed(1), 'ms each');
for (const [k, v] of [...kinds].sort((a, b) => b[1].length - a[1].length))
  console.log(v.length, k, v.slice(0, 5).join(' '));
