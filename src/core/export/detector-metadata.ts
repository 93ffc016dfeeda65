import type { ModelManifest } from '../models/model-folder.js';

/** What an exported file says of itself, as the texts that ONNX metadata can hold: all that a verdict needs. */
export function detectorMetadata(
  manifest: ModelManifest,
  takes: 'images' | 'features',
): Record<string, string> {
  const { model, family, preset, encoder, classes, calibration, input_size, map_size, window } = manifest;
  return {
    model,
    family,
    preset,
    encoder: JSON.stringify(encoder),
    // The order of class_scores.
    classes: JSON.stringify(calibration.classes.map((entry) => entry.class)),
    trained_classes: JSON.stringify(classes),
    calibration: JSON.stringify(calibration),
    input_size: JSON.stringify(input_size),
    // How 16-bit images become the bytes that go in.
    ...(window && { window: JSON.stringify(window) }),
    map_size: String(map_size),
    input: takes === 'images' ? 'RGB bytes [B,H,W,3], resized to input_size' : 'feature maps of the encoder',
  };
}
