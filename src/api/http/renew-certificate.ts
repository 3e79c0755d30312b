// Gives a listener its new certificate when the files change, without a restart and without cutting a connection off.
import { X509Certificate } from 'node:crypto';
import type { Server } from 'node:https';
import type { Logger } from 'pino';
import { readTlsPair, type TlsFiles, type TlsPair } from '../../config/tls-pair.ts';
import { watchFiles } from '../../config/watch-files.ts';

/**
 * A pair that cannot be used is logged, once for each state of the files, and the pair before it goes on: whoever writes
 * the certificate first and the key a moment later makes such a state on the way.
 *
 * @returns a function that ends the watch
 */
export function renewCertificate(server: Server, files: TlsFiles, first: TlsPair, log: Logger): () => void {
  let current = first;
  let lastFault: string | undefined;
  return watchFiles([files.cert, files.key], () => {
    try {
      const pair = readTlsPair(files);
      lastFault = undefined;
      if (pair.cert === current.cert && pair.key === current.key) return;
      server.setSecureContext(pair);
      current = pair;
      const { subject, validTo } = new X509Certificate(pair.cert);
      log.info(
        { cert: files.cert, subject, valid_to: validTo },
        'the certificate of the listener is a new one',
      );
    } catch (error) {
      const { message } = error as Error;
      if (message !== lastFault)
        log.error({ error: message }, 'the new certificate is refused: the one before it goes on');
      lastFault = message;
    }
  });
}
