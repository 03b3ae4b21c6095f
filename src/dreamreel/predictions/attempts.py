"""How a prediction ends that no worker could finish."""


def given_up(max_attempts: int, frames_done: int) -> str:
    """Why a prediction is not tried again, for the person who asked for it."""
    return (
        f"given up after {max_attempts} attempts in a row that finished no frame: each time the worker stopped "
        f"answering at frame {frames_done}; the server's log says more, and a smaller size or other prompts may help"
    )
