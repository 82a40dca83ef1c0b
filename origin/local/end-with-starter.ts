/** Preloaded into the origin, which knows nothing of the local stack: it stops in good order when the stack's process is gone. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()
