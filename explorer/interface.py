"""The roof: puts the wings into tabs, on one page for each language, and says how they are served."""

from __future__ import annotations

import html
import inspect
from collections.abc import Callable, Sequence
from functools import partial, wraps

import gradio as gr
from starlette.middleware import Middleware

from explorer.claims.tab import build_claims
from explorer.classifier.api import classify, explain
from explorer.convolution.api import convolve
from explorer.errors import InputError, log_defect
from explorer.gradient_flow.api import gradient_norms, train_here
from explorer.models.networks import Network
from explorer.page.events import PRIVATE, TAKES_TURNS, TRAINS, for_whoever_waits
from explorer.page.handing import connect_networks
from explorer.page.layout import Wing
from explorer.page.links import connect_links
from explorer.page.samples import encode_sprite
from explorer.page.style import build_css, build_theme
from explorer.patience import TRAINING, NobodyWaitsError, aside, in_turn
from explorer.prints.keeping import build_whole
from explorer.receptive_field.api import receptive_field as list_receptive_fields
from explorer.server.building import building
from explorer.server.proxies import trust_nobody_else
from explorer.server.requests import RequestMiddleware
from explorer.server.sessions import CAPACITY, Visits, keep_house
from explorer.server.turns import TurnQueue
from explorer.settings import Settings, load_settings
from explorer.shapes.api import trace_shapes
from explorer.take_away import figure, gather_first, handout
from explorer.text import LANGUAGES, text_in, translate
from explorer.uploads import prepare_upload_folder
from explorer.wings import WINGS

OF_NETWORKS = ("shapes", "receptive_field")  # tabs that show any network
# Name for clients -> function. All other events are private.
API = {
    "convolve": convolve,
    "receptive_field": list_receptive_fields,
    "trace_shapes": trace_shapes,
    "gradient_norms": gradient_norms,
    "train_here": train_here,
    "classify": classify,
    "explain": explain,
    "figure": figure,
    "handout": handout,
}
HEAVY = {"gradient_norms", "explain", "figure", "handout"}  # take seconds: one at a time
TRAINED = {"train_here"}  # wait with the trainings of the page
_FORGET = (3600, 4 * 3600)  # seconds: each hour, pictures that readers brought more than four hours ago are deleted


def build_app(
    settings: Settings | None = None, mine: Sequence[Network] = (), wings: Sequence[str] = tuple(WINGS)
) -> gr.Blocks:
    """The whole app: a page for each language, the first of them at "/", and the public API.

    Args:
        settings: how it is served; None reads the environment.
        mine: networks that were handed over: tabs of networks open with the first of them, and the page with such a tab.
        wings: the tabs, keys of WINGS.
    """
    settings = settings or load_settings()
    prepare_upload_folder()
    with building():
        return take_turns(_build_pages(settings, mine, wings), settings)


def _build_pages(settings: Settings, mine: Sequence[Network], wings: Sequence[str]) -> gr.Blocks:
    first, *others = LANGUAGES
    demo = gr.Blocks(
        title=translate(first, "app.title"), analytics_enabled=False, fill_width=True, delete_cache=_FORGET
    )
    with demo:
        build_page(first, settings, mine, wings)
        register_api()
    for language in others:
        with demo.route(LANGUAGES[language].name, LANGUAGES[language].path, show_in_navbar=False):
            build_page(language, settings, mine, wings)
    return demo


def take_turns(demo: gr.Blocks, settings: Settings) -> gr.Blocks:
    """Let calls wait in a queue in which each visitor gets his turn; by no other way is anything long computed."""
    for each in demo.fns.values():
        if each.concurrency_id == TRAINING:
            each.concurrency_limit = settings.trainings
    demo.queue(api_open=False, default_concurrency_limit=settings.concurrency, max_size=settings.queue_size)
    demo._queue = TurnQueue(
        live_updates=True,
        concurrency_count=demo.max_threads,
        update_intervals=1,
        max_size=settings.queue_size,
        blocks=demo,
        default_concurrency_limit=settings.concurrency,
    )
    return demo


def build_page(language: str, settings: Settings, mine: Sequence[Network], wings: Sequence[str]) -> None:
    """Header, the tabs, what the tutorial is, and the links that open the tabs, in one language."""
    text = text_in(language)
    gr.Navbar(visible=False)
    build_header(language, settings)
    shown = OF_NETWORKS[0] if mine else wings[0]
    with gr.Tabs(selected=shown, overflow_behavior="wrap", elem_classes="wings") as tabs:
        built = [_build_wing(name, text(f"{name}.tab"), language, mine) for name in wings]
    build_whole(partial(gather_first, built, language), language)
    about, (first, *others) = html.escape(text("app.about_tutorial")), LANGUAGES
    if language in others:  # where Gradio's own panel of the API would say that there is none
        there = LANGUAGES[first]
        about += f' <a href=".{there.path}" hreflang="{there.tag}">{html.escape(text("app.api_link"))}</a>'
    gr.HTML(f'<p class="about-tutorial">{about}</p>', apply_default_css=False)
    for wing in built:
        connect_links(wing, tabs, language)
    connect_networks(built, tabs, language)


def _build_wing(name: str, label: str, language: str, mine: Sequence[Network]) -> Wing:
    with gr.Tab(label, id=name) as tab:
        wing = WINGS[name].build_tab(language, *([mine] if name in OF_NETWORKS else []))
        build_claims(name, language)
    tab.select(None, None, None, js=f'() => cnnExplorer.showTab("{name}")', **PRIVATE)
    return wing


def build_header(language: str, settings: Settings) -> gr.HTML:
    """Title, tagline, the links to the other languages and the button that copies the page's address.

    A hidden element holds the sentences that scripts of the page say.
    """
    text = text_in(language)
    words = {
        "cell": text("app.cell"),
        "opening": text("app.opening"),
        "computing": text("app.computing"),
        "place": text("app.place"),
        "no-picture": text("images.unknown"),
        "no-weights": text("models.weights_wrong"),
        "no-pasted": text("images.no_pasted"),
        "no-clipboard": text("images.no_clipboard"),
        "no-camera": text("images.no_camera"),
        "too-large": text("images.too_many_bytes", size=settings.max_upload.upper()),
        "most-bytes": settings.max_upload_bytes,
        "lost": text("app.connection_lost"),
        "given-up": text("app.connection_given_up"),
        "try-again": text("app.try_again"),
        "old": text("app.old_page"),
        "incomplete": text("app.incomplete_page"),
        "load-again": text("app.load_again"),
    }
    title, tagline, copy, copied = (
        html.escape(text(f"app.{key}")) for key in ("title", "tagline", "copy_link", "copied")
    )
    links = "\n      ".join(_link_to(other) for other in LANGUAGES if other != language)
    template = f"""
    <header class="page-header">
      <h1>{title}</h1>
      <p class="tagline">{tagline}</p>
      <button type="button" class="text-button" data-copied="{copied}">{copy}</button>
      {links}
      <p class="waiting-line" role="status"></p>
      <span id="page-words" hidden {_data_attributes(words)}></span>
    </header>"""
    return gr.HTML(template, elem_classes="header-line", apply_default_css=False)


def _link_to(language: str) -> str:
    about = LANGUAGES[language]
    there = f'href=".{about.path}" hreflang="{about.tag}" lang="{about.tag}"'
    return f'<a class="text-button" {there}>{html.escape(about.name)}</a>'


def _data_attributes(values: dict) -> str:
    return " ".join(f'data-{name}="{html.escape(str(value))}"' for name, value in values.items())


def register_api() -> None:
    """The public API, the same for all languages."""
    for name, function in API.items():
        limits = TAKES_TURNS if name in HEAVY else TRAINS if name in TRAINED else {}
        gr.api(refuse_clearly(function, limits.get("concurrency_id")), api_name=name, **limits)


def refuse_clearly(function: Callable, queue: str | None = None) -> Callable:
    """Let clients of the API see why an input was refused, in the language that they asked for.

    Args:
        function: what they call.
        queue: in which its calls wait, one of `patience.LONG`; None for one that is quick.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def call(*args, **kwargs):
        language = signature.bind(*args, **kwargs).arguments.get("language", "en")
        if not isinstance(language, str) or language not in LANGUAGES:
            raise gr.Error(f"language must be one of {', '.join(LANGUAGES)}, got {language!r}", print_exception=False)
        try:
            with for_whoever_waits():
                work = partial(function, *args, **kwargs)
                return in_turn(work) if queue is None else aside(work, queue)
        except InputError as error:
            raise gr.Error(error.sentence(language), print_exception=False) from error
        except NobodyWaitsError as error:
            raise gr.Error(translate(language, "errors.nobody_waits"), print_exception=False) from error
        except Exception as error:
            log_defect(function.__name__, error)
            raise gr.Error(translate(language, "errors.unexpected"), print_exception=False) from error

    return call


def build_head() -> str:
    """Styles of the page; Gradio puts them into it before it mounts any component."""
    sprite = f":root {{ --samples: url({encode_sprite()}); }}"
    # Gradio's button that turns a camera on has its words in English alone.
    camera = "\n".join(
        f':lang({about.tag}) .camera button .wrap::after {{ content: "{translate(language, "images.camera_on")}"; }}'
        for language, about in LANGUAGES.items()
    )
    # Gradio shows the API on the first page alone; the others link there, see `build_page`.
    others = "\n".join(
        f":lang({about.tag}) footer .show-api {{ display: none; }}" for about in [*LANGUAGES.values()][1:]
    )
    return f"<style>{build_css()}\n{sprite}\n{camera}\n{others}</style>"


def launch_settings(settings: Settings | None = None) -> dict:
    """Keywords of `Blocks.launch` with which this app is meant to be served.

    Args:
        settings: host, port and limits; None reads the environment.
    """
    settings = settings or load_settings()
    trust_nobody_else()
    visits = Visits()
    requests = Middleware(RequestMiddleware, most_upload=settings.max_upload_bytes, visits=visits)
    return {
        "server_name": settings.host,
        "server_port": settings.port,
        "root_path": settings.root_path or None,
        "max_file_size": settings.max_upload,
        "app_kwargs": {"middleware": [requests], "lifespan": keep_house(visits, settings.trusted_proxies)},
        "theme": build_theme(),
        "head": build_head(),
        "footer_links": ["api"],
        "run_history": False,  # else every run is stored in the browser, and updates slow down with each
        "ssr_mode": False,  # needs Node
        "enable_monitoring": False,  # else anybody reads who called what
        "state_session_capacity": CAPACITY,
    }
