// Memory that the collector has freed is used again by the process, instead of going back to the system page by page.
import { noGrad, rand } from 'ostinato';

interface Report {
  header: { glibcVersionRuntime?: string };
}
const { header } = process.report.getReport() as unknown as Report;
const settings = ['MALLOC_TRIM_THRESHOLD_', 'MALLOC_MMAP_THRESHOLD_', 'GLIBC_TUNABLES'];
// Elsewhere nothing is asked of the C library.
const keeps =
  header.glibcVersionRuntime !== undefined &&
  settings.every((name) => process.env[name] === undefined);

test('results of 4 MB do not fault their pages in again', () => {
  const pages = 1024;
  const x = rand([pages * 1024]);
  const rounds = 50;
  const run = (): number => {
    const before = process.resourceUsage().minorPageFault;
    for (let i = 0; i < rounds; i++) noGrad(() => void x.add(1));
    return (process.resourceUsage().minorPageFault - before) / rounds;
  };
  for (let i = 0; i < 4; i++) run();
  // Faults of the process's other threads (compiling, collecting) count as well: the quietest of four runs tells.
  const each = Math.min(...Array.from({ length: 4 }, run));
  expect(each).toBeLessThan(keeps ? pages / 16 : 2 * pages);
});
