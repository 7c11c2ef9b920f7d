"""Gradient flow for a terminal and as JSON."""

from typing import TYPE_CHECKING, Any

from charrnn.draw.json_values import all_finite, finite
from charrnn.draw.terminal import table_text
from charrnn.studies.gradients.tables import (
    SHARES,
    clipping_table,
    norm_table,
    reach_table,
    spectrum_table,
)

if TYPE_CHECKING:
    from charrnn.studies.gradients.study import GradientFlow


def view(flow: "GradientFlow") -> str:
    """The tables for a terminal."""
    weights = f"trained, step {flow.step:,}" if flow.step else "fresh weights"
    tables = (norm_table(flow), reach_table(flow), spectrum_table(flow), clipping_table(flow))
    return "\n".join([f"{flow.network}, {weights}\n", *map(table_text, tables)])


def values(flow: "GradientFlow") -> dict[str, Any]:
    """The values for JSON; null for numbers that are not finite."""
    clipping = flow.clipping
    return {
        "network": flow.network,
        "step": flow.step,
        "lags": flow.lags,
        "positions": flow.positions,
        "signals": [
            {
                "layer": one.layer,
                "state": one.state,
                "median": all_finite(one.median),
                "lower_quartile": all_finite(one.quartiles[0]),
                "upper_quartile": all_finite(one.quartiles[1]),
                **{name: one.reach(share) for name, share in SHARES.items()},
            }
            for one in flow.signals
        ],
        "spectra": [
            {
                "layer": one.layer,
                "gate": one.gate,
                "slope": one.slope,
                "singular_values": all_finite(one.singular_values),
                "spectral_radius": finite(one.radius),
            }
            for one in flow.spectra
        ],
        "clipping": {
            "clip_norm": flow.clip_norm,
            "clip_value": flow.clip_value,
            "chunks": len(clipping.before),
            "batch_size": flow.batch_size,
            "seq_length": flow.seq_length,
            "share": clipping.share,
            "before": all_finite(clipping.before),
            "after": all_finite(clipping.after),
        },
    }
