import { execFile, execFileSync } from 'node:child_process'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const project = fileURLToPath(new URL('../../', import.meta.url))

/**
 * The release beside which this one has to run: a commit before this one, whose migrations are the first ones of today's. Each release
 * sets it to the commit of the release before (worker/upgrades.md).
 */
const commit = '17efe10a0694cc4cd61519e20b975812639c0691'

/** Whether the files of the earlier release are to be had: a shallow clone does not have them, and an archive has no history at all. */
export function hasEarlierRelease(path = process.env['PATH'] ?? ''): boolean {
  try {
    execFileSync('git', ['cat-file', '-e', `${commit}^{commit}`], {
      ...{ cwd: project, stdio: 'ignore' },
      env: { ...process.env, PATH: path },
    })
    return true
  } catch {
    return false
  }
}

/**
 * Puts the files of the earlier release into a folder, with the packages of this one and with its own build of the browser client, and
 * answers the folder.
 */
export async function takeEarlierRelease(parent: string): Promise<string> {
  const run = promisify(execFile)
  const folder = join(parent, 'earlier-release')
  const archive = `${folder}.tar`
  await mkdir(folder)
  await run('git', ['archive', '--format=tar', `--output=${archive}`, commit], { cwd: project })
  await run('tar', ['-xf', archive, '-C', folder])
  await symlink(join(project, 'node_modules'), join(folder, 'node_modules'))
  await mkdir(join(folder, 'worker/dashboard/dist'))
  const vite = join(project, 'node_modules/vite/bin/vite.js')
  await run(process.execPath, [vite, 'build', '-c', 'worker/client/vite.config.ts'], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production' },
  })
  return folder
}
