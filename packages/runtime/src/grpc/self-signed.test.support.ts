import { generateKeyPairSync, sign } from 'node:crypto';

/** A fresh key and a certificate that it signed itself, so that no key has to be kept with the tests. */
export function selfSigned(dnsName: string): { cert: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = der(0x30, der(0x31, der(0x30, oid(2, 5, 4, 3), der(0x0c, Buffer.from(dnsName)))));
  const day = 86_400_000;
  const time = (unixMs: number): Buffer => der(0x17, Buffer.from(`${new Date(unixMs).toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
  const algorithm = der(0x30, oid(1, 2, 840, 10045, 4, 3, 2));
  const names = der(0x30, der(0x82, Buffer.from(dnsName)));
  const extension = (id: Buffer, value: Buffer): Buffer => der(0x30, id, der(0x04, value));
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    algorithm,
    name,
    der(0x30, time(Date.now() - day), time(Date.now() + day)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, extension(oid(2, 5, 29, 19), der(0x30, der(0x01, Buffer.from([0xff])))), extension(oid(2, 5, 29, 17), names))),
  );
  const certificate = der(0x30, body, algorithm, der(0x03, Buffer.from([0]), sign('sha256', body, privateKey)));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

function oid(first: number, second: number, ...rest: number[]): Buffer {
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let high = arc >> 7; high > 0; high >>= 7) groups.unshift((high & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(0x06, Buffer.from(bytes));
}
