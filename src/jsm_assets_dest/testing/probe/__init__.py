"""A probe of a real site: it asks what no document answers, and writes a `SiteProfile`.

`python -m jsm_assets_dest.testing.probe --site https://acme.atlassian.net` reads only. The modules contain: `client` the
requests, `findings` what is noted of the responses, `context` what the questions know about the site,
`reading`, `objects` and `importing` the questions, and `__main__` their order and the command.
"""
