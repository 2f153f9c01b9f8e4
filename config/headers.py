"""What browsers are told about our pages: a Content-Security-Policy for each part of the site (SECURITY.md)."""

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase

Policy = dict[str, list[str] | bool]
STYLES_IN_THE_PAGE: Policy = {"style-src": [SELF, UNSAFE_INLINE]}
RELAXED: dict[str, Policy] = {  # by the beginning of the path; scripts are files of ours everywhere
    "/admin": STYLES_IN_THE_PAGE,  # the preview of an e-mail, which cannot have a stylesheet
    "/api": STYLES_IN_THE_PAGE,  # DRF's forms, and Swagger
    "/notifications": STYLES_IN_THE_PAGE,  # DRF's forms under the other systems' spellings
}


def content_security_policy(*, is_https: bool) -> dict[str, Policy]:
    """Nothing from elsewhere but pictures: a notification may show one of any https address."""
    return {
        "DIRECTIVES": {
            "default-src": [NONE],
            "script-src": [SELF],
            "style-src": [SELF],
            "img-src": [SELF, "https:", "data:"],
            "font-src": [SELF],
            "media-src": [SELF],
            "connect-src": [SELF],  # of ws: and wss: too, where the host is ours
            "worker-src": [SELF],
            "manifest-src": [SELF],
            "frame-src": [SELF],
            "frame-ancestors": [SELF],
            "form-action": [SELF],
            "base-uri": [NONE],
            "upgrade-insecure-requests": is_https,
        }
    }


class ContentSecurityPolicy(CSPMiddleware):
    """The policy of the settings, relaxed where `RELAXED` says so; a view may still say `csp_update`."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        relaxed = next((policy for path, policy in RELAXED.items() if request.path_info.startswith(path)), None)
        if relaxed and not report_only:
            parts.replace = {**relaxed, **(parts.replace or {})}
        return parts
