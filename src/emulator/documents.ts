import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import type { Evaluation, Side } from './evaluation.ts';
import { pictureOf } from './pictures.ts';

/** The paths of the images in the ZIP [doc]. */
const paths: Record<Side, string> = {
  front: 'user_uploaded/document_verification/documentfrontDoc_Front_1_blob.jpg',
  back: 'user_uploaded/document_verification/documentbackDoc_Back_1_blob.jpg',
  selfie: 'user_uploaded/vouched_id_verification/Doc_Selfie_1_blob.jpg',
};

export interface ZipEntry {
  path: string;
  data: Buffer;
}

/** What the documents call serves at this moment; empty: "No Documents Found". */
export function documentsOf(evaluation: Evaluation, now: number): ZipEntry[] {
  const { capture, imagesAt } = evaluation;
  const sides = capture && imagesAt !== null && imagesAt <= now ? capture.sides : [];
  const images = sides.flatMap((side) => {
    const quality = capture?.pictures[side];
    return quality ? [{ path: paths[side], data: pictureOf(side, quality, evaluation.evalId) }] : [];
  });
  const attachments = evaluation.attachments.map((name) => ({
    path: `case_attachments/${name}`,
    data: attachmentOf(name),
  }));
  return [...images, ...attachments];
}

export async function zipOf(entries: readonly ZipEntry[]): Promise<Buffer> {
  const zip = new ZipFile();
  for (const { path, data } of entries) zip.addBuffer(data, path, { compress: false });
  zip.end();
  return await buffer(zip.outputStream);
}

/** The smallest PDF that readers open: one empty page. */
function attachmentOf(name: string): Buffer {
  return Buffer.from(
    `%PDF-1.4\n% ${name}\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n` +
      '2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n' +
      '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n',
    'latin1',
  );
}
