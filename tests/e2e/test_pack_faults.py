"""A scoring pack that is damaged under a service that sixteen clients comment to: the next start is refused by hash."""

from __future__ import annotations

import signal

from tests.e2e.load import Load, account_for, register_article, stored
from tests.e2e.service import Service, refused_start
from tests.scoring.small_pack import write_pack

COMMENTS = 60


def test_a_damaged_pack_is_named_at_start_nothing_is_lost_and_once_it_is_mended_it_goes_on(
    own_service: Service,
) -> None:
    service = own_service
    folder = write_pack(service.var / "packs" / "mine", name="mine", languages=("en",), embedding=False, seed=5)
    configuration = service.var / "moderation.toml"
    configuration.write_text('[scoring]\npack = "mine"\n')
    service.environment["MODERATION_CONFIG"] = str(configuration)
    register_article(service.start())

    model = folder / "model.onnx"
    whole = model.read_bytes()
    load = Load(service, comments=COMMENTS, name="damaged")
    load.start()
    load.wait_for(COMMENTS // 3)
    model.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    load.join()
    assert load.outcomes == {"acknowledged": COMMENTS}  # it goes on with what it has loaded
    account_for(load, "pack damaged while it scores")
    kept = stored(service, "damaged")
    service.stop(signal.SIGKILL)

    said = refused_start(service.var, **service.environment)
    assert f"The scoring pack 'mine' can't be used: {model}: " in said
    assert "SHA-256 differs" in said
    assert "Whole are: builtin" in said
    assert "`pack` under [scoring]" in said
    account_for(load, "start refused")
    assert stored(service, "damaged") == kept

    model.write_bytes(whole)
    service.start()
    assert stored(service, "damaged") == kept
    afterwards = Load(service, comments=COMMENTS, name="mended")
    afterwards.start()
    afterwards.join()
    assert afterwards.outcomes == {"acknowledged": COMMENTS}
    account_for(afterwards, "pack mended")
    [comment_id] = stored(service, "mended")[0]
    assert service.ask("GET", f"/api/v1/comments/{comment_id}").json["scores"]["pack"]["name"] == "mine"
    assert service.stop() == 0
