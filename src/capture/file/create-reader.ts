import { CapturedFrame, type CaptureReader } from './capture-reader.ts';
import { unreadable, type FileSource } from './file-source.ts';
import { isPcapMagic, PcapReader } from './pcap-reader.ts';
import { isPcapngMagic, PcapngReader } from './pcapng-reader.ts';

const MAGIC_BYTES = 4;

/**
 * Chooses the reader by the file's first word, and reads the header with it.
 * @throws PodflowError CAPTURE_FILE_UNREADABLE for other files and kinds that are not known
 */
export async function createReader(source: FileSource): Promise<CaptureReader> {
  if (!(await source.fill(MAGIC_BYTES))) throw unreadable(source.path, 'it is too short to be a capture file');
  const magic = source.window.view.getUint32(0, true);
  if (isPcapngMagic(magic)) return readHeader(source, new PcapngReader());
  if (isPcapMagic(magic)) return readHeader(source, new PcapReader());
  const shown = magic.toString(16).padStart(8, '0');
  throw unreadable(source.path, `it begins with ${shown}, which is neither pcap nor pcapng, at offset 0`);
}

/** Reads the file or section header, so that a file of a kind that is not known is refused at the start. */
async function readHeader(source: FileSource, reader: CaptureReader): Promise<CaptureReader> {
  const frame = new CapturedFrame();
  let step = reader.next(source.window, frame);
  while (step === 'more' && (await source.fill(reader.neededBytes))) step = reader.next(source.window, frame);
  if (step === 'more') throw unreadable(source.path, 'it ends within its header');
  if (step === 'broken') throw unreadable(source.path, `${reader.problem} at offset ${source.offset}`);
  await source.skip(reader.consumedBytes);
  return reader;
}
