"""What runs the service elsewhere agrees with it, and with itself: ports, times, sizes, secrets, users."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import tomllib
from importlib.util import find_spec
from pathlib import Path

import jsonschema_rs

from moderation import serving
from moderation.cli import serve, web_process
from moderation.config.configuration_file import parse_configuration
from moderation.config.secret_files import SUFFIX
from tests.deployment.reading import (
    DEPLOY,
    KUBERNETES,
    ROOT,
    UID,
    compose,
    deployments,
    documents,
    resources,
    texts,
    unit,
)


def test_the_compose_file_is_one_and_opens_the_proxy_alone() -> None:
    """It follows the specification; every service has limits, a pinned image and a check of its health."""
    schema = json.loads(_compose_schema().read_text())
    document = compose()
    assert [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(document)] == []
    for name, service in document["services"].items():
        assert ("ports" in service) == (name == "proxy")
        assert {"cpus", "memory"} <= service["deploy"]["resources"]["limits"].keys()
        assert "healthcheck" in service
        assert ":" in service["image"].rpartition("/")[2]
        assert set(service.get("depends_on", {})) <= document["services"].keys()
    assert document["networks"]["back"]["internal"] is True
    assert all("front" not in document["services"][name]["networks"] for name in ("database", "redis", "rabbitmq"))


def test_whoever_starts_workers_has_them_score() -> None:
    """The configuration that comes with workers leaves the scoring to them."""
    sed = re.search(r"sed '(s/[^']+)'", compose()["services"]["prepare"]["command"][0])
    assert sed
    made = subprocess.run(
        ["sed", sed[1], ROOT / "config/moderation.toml"], check=True, capture_output=True, text=True
    ).stdout
    ours = texts()["kubernetes/base/moderation.toml"]
    for text in (made, ours):
        assert tomllib.loads(text)["scoring"]["mode"] == "worker"
        parse_configuration(text)


def test_secrets_are_made_once(tmp_path: Path) -> None:
    """`make-secrets` makes every file that the compose file hands over, closed to others, and never makes one again."""
    script = tmp_path / "make-secrets"
    script.write_text(texts()["make-secrets"])
    made = tmp_path / "secrets"

    def run(host: str) -> int:
        return subprocess.run(["sh", script, host], check=False, capture_output=True).returncode

    assert run("news.example") == 0
    before = {path.name: path.read_text() for path in made.iterdir()}
    assert {Path(one["file"]).name for one in compose()["secrets"].values()} <= before.keys()
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert len(before["secret_key"].strip()) == 43
    assert len({before[name] for name in before if name.endswith(("password", "key", "token"))}) == 6
    assert before["database_password"].strip() in before["database_url"]
    assert run("other.example") == 0
    assert {path.name: path.read_text() for path in made.iterdir()} == before
    assert (tmp_path / ".env").read_text() == "MODERATION_HOST=news.example\n"
    assert run("no host") == 2


def test_the_dashboard_fits_its_grid() -> None:
    """Panels have their own numbers, none lies over another, and each says what it asks."""
    panels = json.loads(texts()["grafana/moderation.json"])["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert taken.isdisjoint(cells)
        taken |= cells
        assert panel["type"] == "row" or all(target["expr"] for target in panel["targets"])


def test_proxies_let_through_what_the_service_takes() -> None:
    """What is too large is refused by the service, in words, and a proxy cuts off what it wouldn't read to its end."""
    allowed = tomllib.loads((ROOT / "config/moderation.toml").read_text())["comments"]["maximum_body"]
    ingress = next(one for one in resources() if one["kind"] == "Ingress")
    caddy = re.search(r"max_size (\d+)MB", texts()["proxy/Caddyfile"])
    nginx = re.search(r"client_max_body_size (\d+)m;", texts()["proxy/nginx.conf"])
    assert caddy
    assert nginx
    sizes = [int(caddy[1]) * 10**6, int(nginx[1]) * 2**20]
    sizes.append(int(ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"][:-1]) * 2**20)
    assert all(allowed < size <= web_process.POLITELY * allowed for size in sizes)


def test_one_port_is_meant() -> None:
    """Image, services, probes and proxies agree on where the service listens."""
    port = str(serve.DEFAULT_PORT)
    assert f"EXPOSE {port}\n" in texts()["Containerfile"]
    web = deployments()["moderation-web"]["containers"][0]
    assert web["ports"] == [{"name": "http", "containerPort": serve.DEFAULT_PORT}]
    assert web["args"][-2:] == ["--port", port] == compose()["services"]["web"]["command"][-2:]
    assert compose()["services"]["proxy"]["environment"]["MODERATION_UPSTREAM"] == f"web:{port}"
    assert f"server 127.0.0.1:{port};" in texts()["proxy/nginx.conf"]
    assert f"--port {port}" in unit("moderation.service")["ExecStart"][0]


def test_whoever_stops_the_service_waits_until_it_has_answered() -> None:
    """Every grace is longer than the service's own, and one process alone is told."""
    needed = serving.GRACE_SECONDS + serving.LINGER_SECONDS + serving.HANDSHAKE_SECONDS
    for pod in deployments().values():
        held = sum(
            int(one["lifecycle"]["preStop"]["exec"]["command"][1]) for one in pod["containers"] if "lifecycle" in one
        )
        assert pod["terminationGracePeriodSeconds"] > needed + held
    for name in ("web", "worker"):
        assert int(compose()["services"][name]["stop_grace_period"].removesuffix("s")) > needed
    for name in ("moderation.service", "moderation-worker.service"):
        assert int(unit(name)["TimeoutStopSec"][0]) > needed
        assert unit(name)["KillMode"] == ["mixed"]


def test_pods_and_image_run_as_nobody_and_write_nowhere_else() -> None:
    """One user's number, no rights, a root that can't be written, and mounts that are there."""
    text = texts()["Containerfile"]
    assert f"\nUSER {UID}:{UID}\n" in text
    assert re.findall(r"^ENTRYPOINT (\[.*)", text, re.MULTILINE) == ['["moderation"]']
    for pod in deployments().values():
        assert (
            pod["securityContext"] | {"runAsNonRoot": True, "runAsUser": UID, "fsGroup": UID} == pod["securityContext"]
        )
        volumes = {one["name"] for one in pod["volumes"]}
        for one in [*pod["initContainers"], *pod["containers"]]:
            assert one["securityContext"]["readOnlyRootFilesystem"] is True
            assert one["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert {mount["name"] for mount in one["volumeMounts"]} == volumes
            assert "memory" in one["resources"]["limits"]


def test_selectors_find_their_pods() -> None:
    """Services, budgets and policies mean pods that there are; the secret's example has every file that pods read."""
    parts = {"web", "worker"}
    for one in resources():
        spec = one.get("spec", {})
        selector = spec.get("selector") or spec.get("podSelector") or {}
        labels = selector.get("matchLabels", selector)
        if "app.kubernetes.io/component" in labels:
            assert labels["app.kubernetes.io/component"] in parts
        if "scaleTargetRef" in spec:
            assert spec["scaleTargetRef"]["name"] in deployments()
    secret = next(one for one in resources() if one["kind"] == "Secret")
    read = {
        Path(variable["value"]).name
        for pod in deployments().values()
        for one in pod["containers"]
        for variable in one["env"]
        if variable["name"].endswith(SUFFIX)
    }
    assert read == secret["stringData"].keys()


def test_kustomize_finds_its_files() -> None:
    """Every resource, component and file that a kustomization names is there, and none is left out."""
    for path in KUBERNETES.rglob("kustomization.yaml"):
        document = next(documents(str(path.relative_to(DEPLOY))))
        named = [*document.get("resources", ()), *document.get("components", ())]
        named += [file for one in document.get("configMapGenerator", ()) for file in one["files"]]
        assert all((path.parent / name).exists() for name in named)
        beside = {one.name for one in path.parent.iterdir()} - {"kustomization.yaml"}
        assert beside <= set(named)


def _compose_schema() -> Path:
    """The compose specification's own, as a checker brings it along: found without loading that."""
    checker = find_spec("check_jsonschema")
    assert checker is not None
    assert checker.origin is not None
    return Path(checker.origin).parent / "builtin_schemas/vendor/compose-spec.json"


def test_no_client_names_its_request_or_where_it_went() -> None:
    """What is trusted to come from the proxy (MODERATION_TRUSTED_PROXIES) each proxy sets, or takes away."""
    caddy, nginx = texts()["proxy/Caddyfile"].lower(), texts()["proxy/nginx.conf"].lower()
    for header in ("x-request-id", "traceparent", "tracestate"):
        assert re.search(rf"^\s*header_up -?{header}\b", caddy, re.M)
    for header in (
        "x-request-id",
        "traceparent",
        "tracestate",
        *(f"x-forwarded-{one}" for one in ("for", "proto", "host")),
    ):
        assert re.search(rf"^\s*proxy_set_header {header} ", nginx, re.M)
