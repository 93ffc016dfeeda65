import os from 'node:os';

/**
 * Container platforms run programs under ids without an entry in the list of users, where Node's `os.homedir()` and
 * `os.userInfo()` throw. oclif asks both for every command, even for one that needs neither: lets it have answers.
 * Our own folders are found by core, which says what to set where there is no home.
 */
export function allowNamelessUser(): void {
  const { homedir, userInfo } = os;
  const nobody = { username: '', uid: -1, gid: -1, homedir: '', shell: null };
  Object.assign(os, {
    homedir: () => orElse(homedir, ''),
    userInfo: (...options: Parameters<typeof userInfo>) => orElse(() => userInfo(...options), nobody),
  });
}

function orElse<T, D>(ask: () => T, otherwise: D): T | D {
  try {
    return ask();
  } catch {
    return otherwise;
  }
}
