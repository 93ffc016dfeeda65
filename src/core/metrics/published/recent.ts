import type { MeansByDataset } from './rows.js';

/**
 * Multi-class results above the papers' tables, up to autumn 2026 (docs/protocol.md 6): other encoders, images of 392
 * to 448 pixels, and partly other definitions (the image score is a mean of the top pixels, masks are cut above 0).
 */
export const recentMeans: MeansByDataset = {
  mvtec: {
    recontrast: [98.3, 99.4, 97.6, 97.1, 60.2, 61.5, 93.2],
    vitad: [98.3, 99.4, 97.3, 97.7, 55.3, 58.7, 91.4],
    omiad: [98.8, 99.7, 98.5, 97.7, 52.6, 56.7, 93.2],
    dinomaly: [99.6, 99.8, 99, 98.4, 69.3, 69.2, 94.8],
    'inp-former': [99.7, 99.9, 99.2, 98.5, 71, 69.7, 94.9],
    rad: [99.6, 99.8, 99, 98.5, 75.6, 71.3, 94.9],
  },
  visa: {
    recontrast: [95.5, 96.4, 92, 98.5, 47.9, 50.6, 91.9],
    vitad: [90.5, 91.7, 86.3, 98.2, 36.6, 41.1, 85.1],
    omiad: [95.3, 96, 91.2, 98.9, 40.4, 44.1, 89.2],
    dinomaly: [98.7, 98.9, 96.2, 98.7, 53.2, 55.7, 94.5],
    'inp-former': [98.9, 99, 96.6, 98.9, 51.2, 54.7, 94.4],
    rad: [97.5, 97.3, 95.2, 99.1, 55.3, 57.5, 94.6],
  },
  realiad: {
    recontrast: [86.4, 84.2, 77.4, 97.8, 31.6, 38.2, 91.8],
    vitad: [82.3, 79.4, 73.4, 96.9, 26.7, 34.9, 84.9],
    omiad: [90.1, 88.6, 82.8, 98.9, 37.7, 42.6, 93.1],
    dinomaly: [89.3, 86.8, 80.2, 98.8, 42.8, 47.1, 93.9],
    'inp-former': [90.5, 88.1, 81.5, 99, 47.5, 50.3, 95],
    rad: [92, 89.9, 83, 99.1, 53.7, 54.2, 96.1],
  },
};
