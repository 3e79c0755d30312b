// What a command does when the program that reads its output has left, as `head` does once it has its lines.

function onBrokenPipe(act: () => void): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      act();
    });
  }
}

/** Nobody wants the rest: the command ends, and has not failed. */
export function endQuietlyWithReader(): void {
  onBrokenPipe(() => process.exit(0));
}

/** A process that serves has other work than its output. */
export function goOnWithoutReader(): void {
  onBrokenPipe(() => undefined);
}
