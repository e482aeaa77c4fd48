import { runCli } from './cli/run-cli.ts';

const { argv, env, stdout, stderr } = process;

// A reader that goes away (`podflow settings | head`) is no failure; a role that runs listens for itself.
stdout.on('error', () => undefined);

process.exit(await runCli({ args: argv.slice(2), env, stdout, stderr }));
