// The program as the examples call it, but for two things that a test cannot wait for: training ends after one step
// whatever bound is printed, and weights are not fetched.
import { fileURLToPath } from 'node:url';
import { main } from '../../dist/cli/main.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

main({ root, argv: changed(process.argv.slice(2)), exit: process.exit });

function changed(argv) {
  const [command, subcommand] = argv;
  if (command === 'weights' && subcommand === 'pull') return ['weights', 'pull', '--help'];
  if (command !== 'train' && command !== 'retrain') return argv;
  const rest = ['--budget', '--epochs'].reduce(without, argv);
  return rest.includes('memory-bank') ? rest : [...rest, '--steps', '1'];
}

function without(argv, flag) {
  const at = argv.indexOf(flag);
  return at < 0 ? argv : argv.toSpliced(at, 2);
}
