"""The metrics of bench/metrics.mjs in scikit-learn and scikit-image, for speed and agreement.

Usage: metrics_sklearn.py FOLDER exact|ader CLASSES   (the classes as JSON: [[name, good, defective], ...])
Prints {"seconds", "peak_mb", "records": [...]}. Reading the maps is not timed.
"""

import json
import resource
import sys
import time

import numpy as np
from skimage import measure
from sklearn import metrics

SIDE = 256
EPS = 1e-8


def ranking(labels, scores):
    precision, recall, _ = metrics.precision_recall_curve(labels, scores)
    with np.errstate(invalid="ignore"):
        f1 = 2 * precision * recall / (precision + recall)
    return {
        "auroc": metrics.roc_auc_score(labels, scores),
        "ap": metrics.average_precision_score(labels, scores),
        "f1max": np.nanmax(f1),
    }


def exact_aupro(maps, masks, limit=0.3):
    """A ROC in which a defective pixel weighs one over the area of its region is the PRO curve."""
    weights = np.ones(masks.shape)
    for mask, weight in zip(masks, weights):
        if not mask.any():
            continue
        regions = measure.label(mask, connectivity=2)
        areas = np.bincount(regions.ravel())
        inside = regions > 0
        weight[inside] = 1 / areas[regions[inside]]
    fpr, pro, _ = metrics.roc_curve(
        masks.ravel(), maps.ravel(), sample_weight=weights.ravel(), drop_intermediate=False
    )
    below = fpr <= limit
    x = np.append(fpr[below], limit)
    y = np.append(pro[below], np.interp(limit, fpr, pro))
    return metrics.auc(x, y) / limit


def ader_aupro(maps, masks, limit=0.3, steps=100):
    regions = [measure.regionprops(measure.label(mask)) for mask in masks]
    low, high = float(maps.min()), float(maps.max())
    normals = np.sum(masks == 0)
    points = []
    for threshold in np.arange(low, high, (high - low) / steps):
        above = maps > threshold
        overlaps = [
            above[i][region.coords[:, 0], region.coords[:, 1]].sum() / region.area
            for i, found in enumerate(regions)
            for region in found
        ]
        fpr = np.logical_and(masks == 0, above).sum() / normals
        points.append((fpr, np.mean(overlaps)))
    fpr, pro = np.array([p for p in points if p[0] < limit]).T
    return metrics.auc((fpr - fpr.min()) / (fpr.max() - fpr.min()), pro)


def grid_f1max(maps, masks):
    low, high = float(maps.min()), float(maps.max())
    normalised = (maps - low) / (high - low)
    truth = masks.astype(bool)
    best = 0
    for threshold in np.arange(0, 1.001, 0.05):
        predicted = normalised > threshold
        hit = np.logical_and(truth, predicted).sum()
        precision = hit / (predicted.sum() + EPS)
        recall = hit / (truth.sum() + EPS)
        best = max(best, 2 * precision * recall / (precision + recall + EPS))
    return best


def evaluate(maps, masks, protocol):
    image = ranking(masks.any(axis=(1, 2)), maps.max(axis=(1, 2)))
    if protocol == "exact":
        pixel = ranking(masks.ravel(), maps.ravel())
        pixel["aupro"] = exact_aupro(maps, masks)
    else:
        # As ADer: float64 maps. Comparing float32 with a threshold would round the threshold to float32.
        maps = maps.astype(np.float64)
        pixel = {
            "auroc": metrics.roc_auc_score(masks.ravel(), maps.ravel()),
            "ap": metrics.average_precision_score(masks.ravel(), maps.ravel()),
            "f1max": grid_f1max(maps, masks),
            "aupro": ader_aupro(maps, masks),
        }
    return {"image": image, "pixel": pixel}


def main():
    folder, protocol, classes = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    maps = np.memmap(f"{folder}/maps.f32", dtype=np.float32, mode="r").reshape(-1, SIDE, SIDE)
    masks = np.memmap(f"{folder}/masks.u8", dtype=np.uint8, mode="r").reshape(-1, SIDE, SIDE)
    at, seconds, records = 0, 0.0, []
    for name, good, defective in classes:
        rows = slice(at, at + good + defective)
        at = rows.stop
        class_maps, class_masks = np.array(maps[rows]), np.array(masks[rows])
        started = time.perf_counter()
        result = evaluate(class_maps, class_masks, protocol)
        seconds += time.perf_counter() - started
        records.append({"class": name, **result})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    json.dump({"seconds": seconds, "peak_mb": peak, "records": records}, sys.stdout)


main()
