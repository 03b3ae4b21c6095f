"""Readiness says in which form of its networks a worker draws, and why."""

import torch
from tests.workbench import Bench, Switched, wait_for

from dreamreel.models.proofs import Proofs


def test_ready_tells_what_a_worker_compared_and_why_a_fast_form_is_not_used(client, context, tmp_path):
    plain, bundle, bench = torch.ones(4), Switched(), Bench(tmp_path)
    bundle.proofs, bench.store = Proofs(), context.service.store
    assert bundle.proofs.holds("folded, channels last UNet", plain, plain, torch.float32)
    assert not bundle.proofs.holds("recorded denoise of 1x4x8x8", plain + 0.5, plain, torch.float32)

    def told():
        answer = client.get("/health/ready")
        return answer.status_code == 200 and answer.json()["workers"][0]["proofs"]

    with bench.working(bundle=bundle):
        found = wait_for(told, "what the worker compared")
    assert found == [
        "folded, channels last UNet differs from the plain form by 0.0e+00 (at most 1e-03)",
        "recorded denoise of 1x4x8x8 differs from the plain form by 5.0e-01 (at most 1e-03), so the plain form is used",
    ]
