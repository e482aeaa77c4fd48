import { expect, test } from '@jest/globals';
import { toJsonText } from '../../../src/ecs/document/json-text.ts';

test.each([
  ['', '""'],
  ['plain ~ text', '"plain ~ text"'],
  ['quote " and \\', '"quote \\" and \\\\"'],
  ['\b\t\n\f\r', '"\\b\\t\\n\\f\\r"'],
  ['\0\u001f\u007f\u0080', '"\\u0000\\u001f\\u007f\\u0080"'],
  ['Grün', '"Gr\\u00fcn"'],
  ['\u{1f41d}', '"\\ud83d\\udc1d"'],
  ['\ud83d', '"\\ufffd"'],
  ['\udc1d\ud83d', '"\\ufffd\\ufffd"'],
  ['\ud83d\ud83d\udc1d', '"\\ufffd\\ud83d\\udc1d"'],
  ['\ud83dx', '"\\ufffdx"'],
  ['\u2028</script>', '"\\u2028</script>"'],
])('%j', (text, json) => {
  expect(toJsonText(text)).toBe(json);
  expect(JSON.parse(json)).toBe(text.toWellFormed());
});

test('every single code unit is told as it is', () => {
  const wrong = Array.from({ length: 0x1_0000 }, (_, unit) => String.fromCharCode(unit)).filter((text) => {
    const json = toJsonText(text);
    return !/^"[ -~]*"$/.test(json) || JSON.parse(json) !== text.toWellFormed();
  });
  expect(wrong).toEqual([]);
});
