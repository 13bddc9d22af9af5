// The programs that a driver starts: each ends with the tests, also if they fail or are stopped.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

// A signal alone would end this process without the event `exit`.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** Starts a program in a process group of its own. `stop` ends the program and its children. */
export function startProgram(command, args, env = {}, stdio = 'ignore') {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio, detached: true });
  const kill = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  process.once('exit', kill);
  const ended = once(child, 'exit');
  const stop = async () => {
    process.off('exit', kill);
    kill();
    await ended;
  };
  return { child, ended, stop };
}

/** Rejects if `promise` takes longer than `seconds`. */
export async function within(seconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${seconds} s`)), seconds * 1_000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
