import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** Serves one ZIP of about 50 MB as every evaluation's documents, in a process of its own; prints its port. */
const names = [
  'documentfrontDoc_Front_1_blob.jpg',
  'documentbackDoc_Back_1_blob.jpg',
  'Doc_Selfie_1_blob.jpg',
];
const zip = new ZipFile();
for (const name of names) {
  const picture = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), randomBytes(16_666_000)]);
  zip.addBuffer(picture, `user_uploaded/${name}`, { compress: false });
}
zip.end();
const bytes = await buffer(zip.outputStream);

const server = createServer((_, outgoing) => {
  outgoing.writeHead(200, { 'content-type': 'application/zip', 'content-length': String(bytes.length) });
  outgoing.end(bytes);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address) process.stdout.write(`${address.port} ${bytes.length}\n`);
});
process.stdin.resume().on('end', () => process.exit(0));
