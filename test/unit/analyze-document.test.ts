// Tests what a client of `analyze-document` gets for real documents, read in the real child process.
import { describe, expect, it } from 'vitest';
import type { AnalyzeDocumentOptions } from '../../src/activities/tasks/analyze-document/analysis-settings.ts';
import { analyzeDocument } from '../../src/activities/tasks/analyze-document/analyze-document.ts';
import { TaskError } from '../../src/contracts/failures.ts';
import { LICENSE_PAGES, makeDocx, makePdf, makeTask, makeZip, type Task } from '../support/documents.ts';
import { waitFor } from '../support/wait-for.ts';

interface Run extends AnalyzeDocumentOptions {
  analysis?: string;
  name?: string;
  task?: Task;
}

async function analyze(
  bytes: Uint8Array,
  { analysis = 'statistics', name = 'file', task, ...options }: Run = {},
) {
  const type = analyzeDocument({ model: false, ...options });
  const input = type.input.parse({
    document_url: `https://files.example.com/${name}`,
    analysis_type: analysis,
  });
  return (await type.run(input, (task ?? makeTask(bytes)).context)) as Record<string, never>;
}

async function codeOf(bytes: Uint8Array, run?: Run): Promise<string> {
  const error = await analyze(bytes, run).then(
    () => new Error('it was read'),
    (thrown: unknown) => thrown,
  );
  return error instanceof TaskError ? error.code : String(error);
}

const license = await makePdf(LICENSE_PAGES);

describe('analyze-document', () => {
  it('lists the clauses about intellectual property of a PDF, with number, heading, text and page', async () => {
    const { ip_clauses } = await analyze(license, { analysis: 'ip_clauses' });
    expect(ip_clauses).toEqual([
      {
        clause: '2.1',
        heading: 'Grant',
        text: '2.1 Grant. Licensor hereby grants to Licensee a non-exclusive, non-transferable license to use the Software at its own sites during the Term.',
        page: 1,
        reason: expect.stringContaining('license grant'),
      },
      {
        clause: '3.1',
        heading: 'OWNERSHIP',
        text: expect.stringMatching(/^3\.1 All improvements .* interest in and to them\.$/),
        page: 2,
        reason: expect.stringContaining('ownership assignment'),
      },
      {
        clause: '3.2',
        heading: 'OWNERSHIP',
        text: '3.2 Licensee shall not contest the validity of the Trademarks of Licensor.',
        page: 2,
        reason: expect.stringContaining('covenant not to challenge'),
      },
    ]);
  });

  it('names the parties, defined terms, dates, amounts and the governing law', async () => {
    const terms = await analyze(license, { analysis: 'key_terms' });
    expect(terms.parties).toEqual([
      { name: 'Acme Tools Inc.', called: 'Licensor', page: 1 },
      { name: 'Borealis GmbH', called: 'Licensee', page: 1 },
    ]);
    expect(terms.defined_terms).toContainEqual(expect.objectContaining({ term: 'Software', page: 1 }));
    expect(terms.dates).toMatchObject([{ text: 'March 3, 2026', page: 1 }]);
    expect(terms.amounts).toMatchObject([{ text: '$12,500.00', page: 1 }]);
    expect(terms.governing_law).toMatchObject({ text: 'State of Delaware', page: 3 });
  });

  it('lists who must do what', async () => {
    const { obligations } = await analyze(license, { analysis: 'obligations' });
    expect(obligations).toMatchObject([
      { party: 'Licensee', duty: 'must', clause: '2.2', page: 1, text: expect.stringContaining('shall pay') },
      { party: 'Licensee', duty: 'must not', clause: '3.2', page: 2 },
      { party: 'Neither party', duty: 'must not', clause: '4.1', page: 3 },
    ]);
  });

  it('summarizes a document by its own sentences', async () => {
    const { title, sentences } = (await analyze(license, { analysis: 'summary' })) as unknown as {
      title: string;
      sentences: { text: string }[];
    };
    expect(title).toBe('SOFTWARE LICENSE AGREEMENT');
    const printed = LICENSE_PAGES.flatMap(({ paragraphs = [] }) => paragraphs).join(' ');
    for (const { text } of sentences) expect(printed).toContain(text);
    expect(sentences.length).toBeGreaterThan(2);
  });

  it('counts what a document has, without headers and page numbers', async () => {
    const statistics = await analyze(license);
    expect(statistics).toMatchObject({ format: 'pdf', pages: 3, language: 'en', reading_minutes: 1 });
    const printed = LICENSE_PAGES.flatMap(({ paragraphs = [] }) => paragraphs).join(' ');
    expect(statistics.characters).toBeLessThanOrEqual(printed.length);
    expect(statistics.characters).toBeGreaterThan(printed.length - 60);
  });

  it('gives the same result for the same document', async () => {
    const [one, other] = [
      await analyze(license, { analysis: 'summary' }),
      await analyze(license, { analysis: 'summary' }),
    ];
    expect(one).toEqual(other);
  });

  it('reports the download, the pages and the end', async () => {
    const task = makeTask(license);
    await analyze(license, { task });
    const said = task.progress.map(({ message }) => message);
    expect(said[1]).toBe(`downloaded ${license.length} bytes`);
    expect(said).toContain('page 1 of 3');
    expect(task.progress.at(-1)).toEqual({ percent: 100, message: 'analysed' });
  });

  it('ends its child process when the task is cancelled, and throws the reason', async () => {
    const pages = Array.from({ length: 400 }, () => LICENSE_PAGES[0] ?? {});
    const bytes = await makePdf(pages);
    const task = makeTask(bytes);
    const run = analyze(bytes, { task });
    run.catch(() => undefined);
    await waitFor(() => task.progress.some(({ message }) => message?.startsWith('page ')));
    task.abort(new Error('cancelled by the client'));
    await expect(run).rejects.toThrow('cancelled by the client');
    expect(task.progress.at(-1)?.percent).toBeLessThan(100);
  });
});

describe('a document is read as what its bytes are, whatever its name and type say:', () => {
  it.each([
    ['docx', makeDocx(['# 1. License', 'Licensor grants a license to use the Software.']), 'x.pdf'],
    ['html', Buffer.from('<!doctype html><title>x</title><h1>Terms</h1><p>You must pay.</p>'), 'x.docx'],
    ['markdown', Buffer.from('# Terms\n\nYou **must** pay.\n'), 'x.exe'],
    ['markdown', Buffer.from('You must pay.\n'), 'x.md'],
    ['text', Buffer.from('You must pay.\n'), 'x.html'],
    ['text', Buffer.from('\ufeffYou must pay.', 'utf16le'), 'x'],
    ['pdf', license, 'x.txt'],
  ])('%s', async (format, bytes, name) => {
    expect(await analyze(bytes, { name })).toMatchObject({ format });
  });

  it('headings of a Word document count as headings', async () => {
    const bytes = makeDocx([
      '# License',
      'Licensor hereby grants to Licensee a license to use the Software.',
    ]);
    const { ip_clauses } = await analyze(bytes, { analysis: 'ip_clauses' });
    expect(ip_clauses).toMatchObject([{ clause: 'license grant', heading: 'License', page: null }]);
  });

  it('scripts and styles of a page are no text', async () => {
    const page =
      '<html><body><script>must()</script><style>p{}</style><p>Licensee must pay.</p></body></html>';
    expect(await analyze(Buffer.from(page))).toMatchObject({ format: 'html', words: 3 });
  });
});

describe('a document that cannot be read fails with a code:', () => {
  it('document_encrypted, a PDF with a password', async () => {
    expect(await codeOf(await makePdf(LICENSE_PAGES, 'secret'))).toBe('document_encrypted');
  });

  it('document_encrypted, a Word document with a password', async () => {
    const ole = Buffer.alloc(4_096);
    ole.set([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
    ole.write('EncryptedPackage', 1_024, 'utf16le');
    expect(await codeOf(ole)).toBe('document_encrypted');
  });

  it.each([
    ['no bytes', Buffer.alloc(0)],
    ['blanks', Buffer.from(' \n\n\t ')],
    ['a Word document without text', makeDocx([''])],
    ['a page without text', Buffer.from('<html><body><img src="x"></body></html>')],
  ])('document_empty, %s', async (_, bytes) => {
    expect(await codeOf(bytes)).toBe('document_empty');
  });

  it('document_scanned, a PDF of pictures with page numbers', async () => {
    const pages = Array.from({ length: 3 }, (_, i) => ({ footer: `Page ${i + 1}` }));
    expect(await codeOf(await makePdf(pages))).toBe('document_scanned');
  });

  it('document_too_large, a PDF with too many pages', async () => {
    expect(await codeOf(license, { maxPages: 2 })).toBe('document_too_large');
  });

  it('document_too_large, a Word document that is a zip bomb', async () => {
    const bomb = makeDocx(['text'], [{ name: 'word/media/x.xml', content: Buffer.alloc(50_000_000) }]);
    expect(bomb.length).toBeLessThan(100_000);
    expect(await codeOf(bomb)).toBe('document_too_large');
    expect(await codeOf(makeDocx(['text']), { maxUnpackedBytes: 500 })).toBe('document_too_large');
  });

  it.each([
    ['a picture', Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk', 'base64')],
    ['another archive', makeZip([{ name: 'a.txt', content: 'text' }])],
    ['a program', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, ...Buffer.alloc(200, 7)])],
    ['bytes without meaning', Buffer.from(Array.from({ length: 3_000 }, (_, i) => (i * 7_919) % 251))],
  ])('document_unsupported, %s', async (_, bytes) => {
    expect(await codeOf(bytes, { name: 'contract.pdf' })).toBe('document_unsupported');
  });

  it('document_damaged, a PDF and a Word document that are cut off', async () => {
    expect(await codeOf(Buffer.from('%PDF-1.7\nnothing more'))).toBe('document_damaged');
    const word = makeDocx(['text']);
    expect(await codeOf(word.subarray(0, word.length - 30))).toBe('document_damaged');
  });

  it('document_too_slow, when its time is over', async () => {
    expect(await codeOf(license, { extractTimeoutMs: 20 })).toBe('document_too_slow');
  });

  it('document_too_complex, when its memory is over, though the archive lies about its sizes', async () => {
    const claimedBytes = 2_000;
    const text = `<w:p><w:r><w:t>${'word '.repeat(40)}</w:t></w:r></w:p>`.repeat(300_000);
    const lie = makeZip([
      {
        name: '[Content_Types].xml',
        content:
          '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
      },
      {
        name: 'word/document.xml',
        content: `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${text}</w:body></w:document>`,
        claimedBytes,
      },
    ]);
    expect(lie.length).toBeLessThan(2_000_000);
    expect(['document_too_complex', 'document_damaged']).toContain(
      await codeOf(lie, { extractMemoryMb: 64 }),
    );
  });

  it('what the download says, such as document_gone', async () => {
    const task = makeTask(new TaskError('document_gone', 'the server answered 404'));
    expect(await codeOf(license, { task })).toBe('document_gone');
  });
});

describe('the task type', () => {
  it('refuses an input that names no URL or no known analysis', () => {
    const { input } = analyzeDocument();
    expect(input.safeParse({ document_url: 'ftp://x/y', analysis_type: 'summary' }).success).toBe(false);
    expect(input.safeParse({ document_url: 'https://x.com/y', analysis_type: 'poem' }).success).toBe(false);
  });

  it('makes its input of a message of text', () => {
    const { fromText } = analyzeDocument();
    expect(fromText?.('List the obligations in https://files.example.com/a.pdf, please', {})).toEqual({
      document_url: 'https://files.example.com/a.pdf',
      analysis_type: 'obligations',
    });
    expect(fromText?.('What is in https://files.example.com/a.pdf?', {})).toMatchObject({
      analysis_type: 'summary',
    });
  });

  it('names an option that is no limit', () => {
    expect(() => analyzeDocument({ maxBytes: 0 })).toThrow(
      'analyzeDocument: maxBytes is 0; give a number above 0',
    );
  });
});
