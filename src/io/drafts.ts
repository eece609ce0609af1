/** Drafts: the files that are written in place of others, and what killed writers have left of them. */
import { readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type * as Crypto from 'node:crypto';
import type * as Os from 'node:os';
import { load } from '../check';
import { codeOf } from './system-error';

// Loaded at the first save: they take milliseconds, which everybody who imports the package would wait.
const crypto = (): typeof Crypto => load('node:crypto') as typeof Crypto;

// A draft's name: who writes it, so that whoever comes next can tell a killed writer's, and 16 random bytes.
const draftPattern = /^\.ostinato-([0-9a-f]{12})-(\d+)-[0-9a-f]{32}\.tmp$/;
const aDay = 24 * 60 * 60 * 1000;

let space: string | null = null;
/** The processes among which a process number is unambiguous: of this machine, or of this container. */
function processSpace(): string {
  if (space !== null) return space;
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // No such thing on this system.
  }
  const { hostname } = load('node:os') as typeof Os;
  const named = `${hostname()} ${namespace}`;
  return (space = crypto().createHash('sha256').update(named).digest('hex').slice(0, 12));
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
};

const cleaned = new Set<string>();

/** Removes the drafts of writers that were killed, once for each folder. */
export function cleanLeftovers(folder: string): void {
  if (cleaned.has(folder)) return;
  cleaned.add(folder);
  try {
    for (const name of readdirSync(folder)) {
      const found = draftPattern.exec(name);
      if (found === null) continue;
      const draft = join(folder, name);
      const isOver =
        found[1] === processSpace()
          ? !isRunning(Number(found[2]))
          : Date.now() - statSync(draft).mtimeMs > aDay;
      if (isOver) rmSync(draft, { force: true });
    }
  } catch {
    // A folder that cannot be listed, or a draft that somebody else has just removed.
  }
}

/** The path of a new draft in the folder, which nobody can know before. */
export function newDraft(folder: string): string {
  const random = crypto().randomBytes(16).toString('hex');
  return join(folder, `.ostinato-${processSpace()}-${process.pid}-${random}.tmp`);
}
