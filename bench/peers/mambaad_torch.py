"""MambaAD's student (feature fusion and decoder) in PyTorch: the peer of bench/against-pytorch.mjs.

Written from the description of the network, not from ours: layers are PyTorch's own, and the Hilbert curve is computed
here. Without a CUDA kernel the scan is a loop over the sequence, in one of two forms:
- `published`, as the public fallback does it: coefficients of all positions as [B,K*D,L,N], indexed in the loop. Autograd
  answers each indexing with a tensor of the full size, so that the gradient costs the square of the length.
- `kind`: positions outermost in memory and taken apart once (`unbind`), so that the gradient costs the length.

Usage: mambaad_torch.py TENSORS.safetensors CONFIG.json MODE SCAN THREADS REPEATS LIMIT OUT.safetensors
TENSORS holds the weights by their published names and `features.0...2` [B,H,W,C]. MODE is `forward` (evaluation) or `step`
(training mode: forward, backward, clip, AdamW). After LIMIT seconds of CPU time the process is killed. Prints {"torch", "threads", "ms", "cpu_ms", "loss", "peak_mb"}; OUT takes
`outputs.0...2` [B,H,W,C] or, of the first step, `grad.NAME`.
"""

import json
import math
import resource
import struct
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


def hilbert(side):
    """Pixels of a side × side map in the order of the Hilbert curve."""
    order = []
    for t in range(side * side):
        x = y = 0
        rest, s = t, 1
        while s < side:
            rx = 1 & (rest >> 1)
            ry = 1 & (rest ^ rx)
            if ry == 0:
                if rx:
                    x, y = s - 1 - x, s - 1 - y
                x, y = y, x
            x, y = x + s * rx, y + s * ry
            rest, s = rest >> 2, s * 2
        order.append(x + side * y)
    return torch.tensor(order)


def visiting_orders(side, directions):
    """[K,L]: the curve on the map as it is, transposed, turned and mirrored, then all of them backwards."""
    grid = torch.arange(side * side).view(side, side)
    geometries = [grid, grid.t(), torch.rot90(grid), torch.rot90(grid).t()][: max(1, directions // 2)]
    curve = hilbert(side)
    forwards = [geometry.reshape(-1)[curve] for geometry in geometries]
    return torch.stack(forwards + [order.flip(0) for order in forwards])


def kind_scan(u, delta, a, b, c):
    decay = torch.exp(torch.einsum("bkdl,kdn->lbkdn", delta, a))
    drive = torch.einsum("bkdl,bknl->lbkdn", delta * u, b)
    state = torch.zeros_like(drive[0])
    outputs = []
    for decay_t, drive_t, c_t in zip(decay.unbind(0), drive.unbind(0), c.unbind(3)):
        state = decay_t * state + drive_t
        outputs.append(torch.einsum("bkdn,bkn->bkd", state, c_t))
    return torch.stack(outputs, dim=3)


def published_scan(u, delta, a, b, c):
    batch, directions, inner, length = u.shape
    u, delta, a = u.flatten(1, 2), delta.flatten(1, 2), a.flatten(0, 1)
    b, c = b.repeat_interleave(inner, dim=1), c.repeat_interleave(inner, dim=1)  # [B,K*D,N,L]
    decay = torch.exp(torch.einsum("bdl,dn->bdln", delta, a))
    drive = torch.einsum("bdl,bdnl,bdl->bdln", delta, b, u)
    state = torch.zeros_like(drive[:, :, 0])
    outputs = []
    for t in range(length):
        state = decay[:, :, t] * state + drive[:, :, t]
        outputs.append(torch.einsum("bdn,bdn->bd", state, c[:, :, :, t]))
    return torch.stack(outputs, dim=2).view(batch, directions, inner, length)


scans = {"kind": kind_scan, "published": published_scan}


def selective_scan(scan, u, delta, a, b, c, d, delta_bias):
    """u, delta [B,K,D,L], b, c [B,K,N,L], a [K,D,N], d, delta_bias [K,D] -> [B,K,D,L]."""
    delta = F.softplus(delta + delta_bias[..., None])
    return scan(u, delta, a, b, c) + u * d[..., None]


class SS2D(nn.Module):
    def __init__(self, channels, config):
        super().__init__()
        self.states, inner = config["states"], config["expand"] * channels
        self.rank, self.directions = math.ceil(channels / 16), config["directions"]
        k, n = self.directions, self.states
        self.in_proj = nn.Linear(channels, 2 * inner, bias=False)
        self.conv2d = nn.Conv2d(inner, inner, 3, padding=1, groups=inner)
        self.x_proj_weight = nn.Parameter(torch.empty(k, self.rank + 2 * n, inner))
        self.dt_projs_weight = nn.Parameter(torch.empty(k, inner, self.rank))
        self.dt_projs_bias = nn.Parameter(torch.empty(k, inner))
        self.A_logs = nn.Parameter(torch.empty(k * inner, n))
        self.Ds = nn.Parameter(torch.empty(k * inner))
        self.out_norm = nn.LayerNorm(inner)
        self.out_proj = nn.Linear(inner, channels, bias=False)
        self.scan, self.orders = scans[config["peer_scan"]], {}

    def forward(self, x):
        side, k, n = x.shape[1], self.directions, self.states
        u, z = self.in_proj(x).chunk(2, dim=-1)
        u = F.silu(self.conv2d(u.permute(0, 3, 1, 2))).flatten(2)  # [B,D,L]
        if side not in self.orders:
            order = visiting_orders(side, k)
            self.orders[side] = order, order.argsort(dim=1)
        order, inverse = self.orders[side]
        s = torch.stack([u[:, :, order[i]] for i in range(k)], dim=1)  # [B,K,D,L]
        projected = torch.einsum("bkdl,kcd->bkcl", s, self.x_proj_weight)
        dt, b, c = projected.split([self.rank, n, n], dim=2)
        delta = torch.einsum("bkrl,kdr->bkdl", dt, self.dt_projs_weight)
        a = -torch.exp(self.A_logs).view(k, -1, n)
        y = selective_scan(self.scan, s, delta, a, b, c, self.Ds.view(k, -1), self.dt_projs_bias)
        y = sum(y[:, i, :, inverse[i]] for i in range(k)).transpose(1, 2).reshape(*x.shape[:3], -1)
        return self.out_proj(self.out_norm(y) * F.silu(z))


class HSS(nn.Module):
    def __init__(self, channels, config):
        super().__init__()
        self.ln_1 = nn.LayerNorm(channels)
        self.self_attention = SS2D(channels, config)

    def forward(self, x):
        return x + self.self_attention(self.ln_1(x))


class LSS(nn.Module):
    def __init__(self, channels, blocks, config):
        super().__init__()
        self.smm_blocks = nn.Sequential(*[HSS(channels, config) for _ in range(blocks)])
        self.kernels = config["kernels"]
        for size in self.kernels:
            depthwise = nn.Conv2d(channels, channels, size, padding=size // 2, groups=channels, bias=False)
            for name, conv in [
                (f"conv1b{size}", nn.Conv2d(channels, channels, 1)),
                (f"conv{size}{size}", depthwise),
                (f"conv1a{size}", nn.Conv2d(channels, channels, 1)),
            ]:
                setattr(self, name, nn.Sequential(conv, nn.InstanceNorm2d(channels), nn.SiLU()))
        self.finalconv11 = nn.Conv2d((len(self.kernels) + 1) * channels, channels, 1)

    def forward(self, x):  # [B,H,W,C]
        maps = x.permute(0, 3, 1, 2)
        branches = [self.smm_blocks(x).permute(0, 3, 1, 2)]
        for size in self.kernels:
            parts = [getattr(self, name) for name in (f"conv1b{size}", f"conv{size}{size}", f"conv1a{size}")]
            branches.append(nn.Sequential(*parts)(maps))
        return (self.finalconv11(torch.cat(branches, dim=1)) + maps).permute(0, 2, 3, 1)


class PatchExpand(nn.Module):
    def __init__(self, inner, outer):
        super().__init__()
        self.expand = nn.Linear(inner, 4 * outer, bias=False)
        self.norm = nn.LayerNorm(outer)

    def forward(self, x):
        batch, height, width, _ = x.shape
        x = self.expand(x).view(batch, height, width, 2, 2, -1).permute(0, 1, 3, 2, 4, 5)
        return self.norm(x.reshape(batch, 2 * height, 2 * width, -1))


class Stage(nn.Module):
    def __init__(self, config, stage):
        super().__init__()
        dims, depth = config["dims"], config["depths"][stage]
        blocks = 3 if depth % 3 == 0 else 2 if depth % 2 == 0 else 1
        self.upsample = PatchExpand(dims[stage - 1], dims[stage]) if stage else nn.Identity()
        self.blocks = nn.Sequential(*[LSS(dims[stage], blocks, config) for _ in range(depth // blocks)])

    def forward(self, x):
        return self.blocks(self.upsample(x))


class Residual(nn.Module):
    def __init__(self, inner, outer, stride):
        super().__init__()
        planes = outer // 4
        self.conv1, self.bn1 = nn.Conv2d(inner, planes, 1, bias=False), nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3, self.bn3 = nn.Conv2d(planes, outer, 1, bias=False), nn.BatchNorm2d(outer)
        if stride > 1:
            shortcut = nn.Conv2d(inner, outer, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outer))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        shortcut = self.downsample(x) if hasattr(self, "downsample") else x
        return F.relu(self.bn3(self.conv3(y)) + shortcut)


class Fusion(nn.Module):
    def __init__(self, fine, middle, coarse, outer):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(fine, middle, 3, 2, 1, bias=False), nn.BatchNorm2d(middle)
        self.conv2, self.bn2 = nn.Conv2d(middle, coarse, 3, 2, 1, bias=False), nn.BatchNorm2d(coarse)
        self.conv21, self.bn21 = nn.Conv2d(middle, middle, 1), nn.BatchNorm2d(middle)
        self.conv31, self.bn31 = nn.Conv2d(coarse, coarse, 1), nn.BatchNorm2d(coarse)
        self.convf, self.bnf = nn.Conv2d(coarse, coarse, 1), nn.BatchNorm2d(coarse)
        blocks = [Residual(coarse if i == 0 else outer, outer, 2 if i == 0 else 1) for i in range(3)]
        self.bn_layer = nn.Sequential(*blocks)

    def forward(self, fine, middle, coarse):
        a = F.relu(self.bn1(self.conv1(fine)))
        b = F.relu(self.bn21(self.conv21(middle))) + a
        c = F.relu(self.bn2(self.conv2(b))) + F.relu(self.bn31(self.conv31(coarse)))
        return self.bn_layer(F.relu(self.bnf(self.convf(c))))


class Student(nn.Module):
    def __init__(self, config):
        super().__init__()
        dims = config["dims"]
        self.mff_oce = Fusion(*reversed(dims[1:]), dims[0])
        self.net_s = nn.Module()
        self.net_s.layers_up = nn.ModuleList(Stage(config, i) for i in range(len(dims)))

    def forward(self, features):
        """[B,H,W,C] of three scales, fine to coarse -> the same."""
        x = self.mff_oce(*[f.permute(0, 3, 1, 2) for f in features]).permute(0, 2, 3, 1)
        outputs = []
        for stage in self.net_s.layers_up:
            x = stage(x)
            outputs.insert(0, x)
        return outputs[:-1]


def read_tensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    return {
        name: torch.frombuffer(data, dtype=torch.float32, offset=at["data_offsets"][0], count=math.prod(at["shape"]))
        .view(at["shape"])
        .clone()
        for name, at in header.items()
    }


def write_tensors(path, tensors):
    header, chunks, end = {}, [], 0
    for name, tensor in tensors.items():
        chunk = bytes(tensor.detach().contiguous().view(-1).numpy().tobytes())
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [end, end + len(chunk)]}
        chunks.append(chunk)
        end += len(chunk)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def main(tensors_path, config_path, mode, scan, threads, repeats, limit, out_path):
    resource.setrlimit(resource.RLIMIT_CPU, (int(limit), int(limit)))
    torch.set_num_threads(int(threads))
    tensors = read_tensors(tensors_path)
    features = [tensors.pop(f"features.{i}") for i in range(3)]
    with open(config_path) as file:
        student = Student({**json.load(file), "peer_scan": scan})
    missing, foreign = student.load_state_dict(tensors, strict=False)
    unknown = [name for name in missing if not name.endswith("num_batches_tracked")] + foreign
    if unknown:
        sys.exit(f"the weights are of another network: {unknown[:3]}")
    student.train(mode == "step")
    optimiser = torch.optim.AdamW(student.parameters(), lr=1e-5, weight_decay=1e-4)

    def forward():
        with torch.no_grad():
            return student(features), None

    def step():
        optimiser.zero_grad()
        loss = 5 * sum(F.mse_loss(s, t) for s, t in zip(student(features), features))
        loss.backward()
        gradients = {f"grad.{name}": p.grad.clone() for name, p in student.named_parameters()}
        nn.utils.clip_grad_norm_(student.parameters(), 5)
        optimiser.step()
        return gradients, loss.item()

    run = step if mode == "step" else forward
    times, cpu_times = [], []
    for repeat in range(int(repeats)):
        start, cpu_start = time.perf_counter(), time.process_time()
        result = run()
        times.append(1000 * (time.perf_counter() - start))
        cpu_times.append(1000 * (time.process_time() - cpu_start))
        if repeat == 0:
            first, loss = result
    write_tensors(out_path, first if loss is not None else {f"outputs.{i}": y for i, y in enumerate(first)})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    facts = {"torch": torch.__version__, "threads": torch.get_num_threads(), "peak_mb": peak}
    print(json.dumps({**facts, "ms": min(times), "cpu_ms": min(cpu_times), "loss": loss}))


if __name__ == "__main__":
    main(*sys.argv[1:])
