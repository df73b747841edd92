"""The figures for Prometheus, read by the parser of its Python client."""

import urllib.request

from prometheus_client.parser import text_string_to_metric_families


def test_a_parser_reads_the_figures(mock, client):
    assert client.myself.login == "author"
    with urllib.request.urlopen(f"{mock.url}/_mock/metrics", timeout=10) as response:
        assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        families = {family.name: family for family in text_string_to_metric_families(response.read().decode())}
    kinds = {name.removeprefix("tracker_mock_"): family.type for name, family in families.items()}
    assert kinds == {
        "requests": "counter",
        "uploads_in_flight": "gauge",
        "stored_bytes": "gauge",
        "stored_bytes_limit": "gauge",
        "worlds": "gauge",
        "journal_records": "gauge",
        "journal_dropped": "counter",
    }
    requests = {tuple(sorted(sample.labels.items())): sample.value for sample in families["tracker_mock_requests"].samples}
    assert requests[("operation", "get_myself"), ("status", "200")] >= 1
    assert families["tracker_mock_stored_bytes"].samples[0].value < families["tracker_mock_stored_bytes_limit"].samples[0].value
