/** Preloaded into a Node process of the local stack that knows nothing of it: it ends in good order with its starter. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()
