"""What this machine can run a network with, found without loading any of the backends."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

_CPUINFO = Path("/proc/cpuinfo")

_NVIDIA_SMI_TIMEOUT_S = 10.0
"""A driver that has lost its card can take long to say so."""


@dataclass(slots=True, frozen=True)
class Hardware:
    """Processor flags in Linux's spelling, names of the CUDA devices by index, and the backends that are installed."""

    cpu_flags: frozenset[str] = frozenset()
    cuda_devices: tuple[str, ...] = ()
    backends: frozenset[str] = frozenset()
    onnxruntime_cuda: bool = False

    @property
    def has_bf16(self) -> bool:
        """Whether the processor multiplies bfloat16 itself; without, it is emulated and slower than float32."""
        return bool(self.cpu_flags & {"avx512_bf16", "amx_bf16"})

    @property
    def has_int8_dot(self) -> bool:
        """Whether the processor has instructions for 8-bit dot products (VNNI, AMX): int8 pays for certain."""
        return bool(self.cpu_flags & {"avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm"})

    @property
    def has_int8(self) -> bool:
        """Whether int8 networks run at a useful speed at all."""
        return self.has_int8_dot or "avx2" in self.cpu_flags


def probe_hardware() -> Hardware:
    """Look at this machine: `/proc/cpuinfo`, `nvidia-smi`, and the installed packages; loads none of them."""
    modules = {"openvino": "openvino", "onnxruntime": "onnxruntime", "ultralytics": "ultralytics"}
    installed = frozenset(backend for backend, module in modules.items() if util.find_spec(module) is not None)
    return Hardware(_cpu_flags(), _cuda_devices(), installed, _has_package("onnxruntime-gpu"))


def usable_cpus() -> int:
    """Processors that this process may use, at least 1."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _cpu_flags() -> frozenset[str]:
    try:
        text = _CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in {"flags", "Features"}:
            return frozenset(value.split())
    return frozenset()


def _cuda_devices() -> tuple[str, ...]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    command = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_NVIDIA_SMI_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("nvidia_smi_failed", error=str(error))
        return ()
    devices = tuple(line.strip() for line in done.stdout.splitlines() if line.strip())
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return devices if visible is None else _visible(devices, visible)


def _visible(devices: tuple[str, ...], visible: str) -> tuple[str, ...]:
    """The devices that CUDA shows to this process; like CUDA, it stops at the first entry that it does not know."""
    shown: list[str] = []
    for entry in (part.strip() for part in visible.split(",")):
        if entry.isdigit() and int(entry) < len(devices):
            shown.append(devices[int(entry)])
        elif entry.startswith(("GPU-", "MIG-")):
            shown.append(entry)
        else:
            break
    return tuple(shown)


def _has_package(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
