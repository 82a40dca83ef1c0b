/**
 * Loaded before each script: ends at once, with what to do, under a Node that cannot run the project. On Linux the
 * project brings its own Node; elsewhere it is the machine's. Plain JavaScript, since an old Node reads nothing else.
 */
const needed = [22, 18]

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  console.error(
    `Boardcache needs Node ${needed.join('.')} or later and runs on ${process.versions.node}: ` +
      'on Linux run it by npm after `npm ci`, elsewhere install a current Node.',
  )
  process.exit(1)
}
