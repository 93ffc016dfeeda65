import { describe, expect, test } from 'vitest';
import {
  folderKey,
  isBareLabel,
  isGenericLabel,
  meaningOf,
  meaningOfGivenFolder,
  withoutMaskWord,
} from '../../../../src/core/data/layouts/folder-meaning.js';

const names = (text: string) => text.split('|').map((name) => name.trim());

describe('the name of a folder', () => {
  test.each(
    names(
      'good | GOOD | 01_good | good_parts | GoodParts | OK | Ok | o.k. | OK1 | line1_OK | OKParts | okay | normal | pass | passed | accepted | IO | iO | i.O. | gut | Gutteile | bon | conforme | buono | non_defective | defect-free | no defects | without_defects | ohne_Fehler | fehlerfrei | undamaged | 良品 | OK品 | 正常 | 정상 | годные',
    ),
  )('%s says that its parts are good', (name) => expect(meaningOf(name)).toBe('normal'));

  test.each(
    names(
      'NG | ng | N.G. | NG_2024 | NG2024 | NG-Teile | NGTeile | bad | Bad Parts | defect | defects | defective | Defekt | défauts | defect-scratch | anomaly | anomalies | Anomalous | abnormal | not_good | not good | no-good | NotGood | notOk | NOK | n.i.O. | NiO | nio | niO_2024 | ko | fail | failed | weld_fail | rejects | rejected | faulty | broken_large | damaged | scrap | scrap parts 3 | Ausschuss | schlecht | non_conforme | malo | scratch | 不良品 | NG品 | 异常 | 불량 | брак',
    ),
  )('%s says that its parts are defective', (name) => expect(meaningOf(name)).toBe('anomaly'));

  test.each(
    names(
      'mask | Masks | NG_mask | mask_NG | defect_masks | mask-2024 | ground_truth | GroundTruth | gt | GT | labels | annotations | seg | segmentation | binary_masks',
    ),
  )('%s says that it holds masks', (name) => expect(meaningOf(name)).toBe('mask'));

  test.each(
    names(
      'bolt | metal_nut | pcb1 | goodyear | badminton | okra | io_card | scrap_metal | face_mask | 0 | 1 | 2024-05 | anomaly_detection | defect inspection | cut | misplaced',
    ),
  )('%s says nothing', (name) => expect(meaningOf(name)).toBeUndefined());

  test('may say both, or what means good to some and defective to others', () => {
    expect(names('good-and-bad | OK_NG').map(meaningOf)).toEqual(['mixed', 'mixed']);
    expect(names('positive | Neg').map(meaningOf)).toEqual(['unclear', 'unclear']);
    expect(names('unsorted | unknown | misc').map(meaningOf)).toEqual(['unsorted', 'unsorted', 'unsorted']);
  });

  test('that nobody chose is not taken apart at its capitals', () => {
    expect(meaningOfGivenFolder('tree-aNgXyz')).toBeUndefined();
    expect(meaningOfGivenFolder('photos_NG')).toBe('anomaly');
  });

  test('is compared by its words, a label told from a kind of defect', () => {
    expect([folderKey('NG-Teile'), folderKey('ng_teile')]).toEqual(['ng teile', 'ng teile']);
    expect(names('NG_mask | masks | bolt').map(withoutMaskWord)).toEqual(['ng', '', undefined]);
    expect(names('OK | not_good | line1_ok').map(isBareLabel)).toEqual([true, true, false]);
    expect(names('NG_2024 | broken_large | crack').map(isGenericLabel)).toEqual([true, false, false]);
  });
});
