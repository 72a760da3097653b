"""A page with one textbox, served by Gradio as it comes: what class_of_thirty.py holds the app against."""

from __future__ import annotations

import os

import gradio as gr
import torch  # as the app does: its import takes most of a start

with gr.Blocks(analytics_enabled=False) as demo:
    box = gr.Textbox(label=f"torch {torch.__version__}")
    box.submit(lambda text: text, box, box, queue=False)

if __name__ == "__main__":
    demo.launch(server_port=int(os.environ["CNN_EXPLORER_PORT"]), run_history=False, ssr_mode=False)
