/** The Python that a comparison with other programs runs. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** PYTHON, which must have what requirements.txt in `folder` lists, or one in build/`name` that is made on the first run. */
export function findPython(name: string, folder: string): string {
  const { PYTHON } = process.env;
  if (PYTHON !== undefined) return PYTHON;
  const home = resolve(__dirname, '..', 'build', name);
  const python = join(home, 'bin', 'python');
  if (!existsSync(python)) {
    execFileSync('python3', ['-m', 'venv', home], { stdio: 'inherit' });
    const requirements = join(folder, 'requirements.txt');
    execFileSync(python, ['-m', 'pip', 'install', '-r', requirements], { stdio: 'inherit' });
  }
  return python;
}
