import { asked } from '../support/sides.ts';

/** One side of `bench/cold-start.ts`: what loading one bundle takes a process that has done nothing else yet. */
const { file } = asked<{ file: string }>();
const [cpu, begun] = [process.cpuUsage(), performance.now()];
await import(file);
const { user, system } = process.cpuUsage(cpu);
process.stdout.write(JSON.stringify({ cpuMs: (user + system) / 1000, ms: performance.now() - begun }));
// What a bundle keeps open is no part of it.
process.exit();
